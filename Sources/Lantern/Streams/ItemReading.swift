import LanternValue

/// How the items of a stream that came from a peer are read and, when they are passed on, written.
struct ItemReading<Element: Sendable>: Sendable {
    let one: @Sendable (CallAnswer) throws -> Element
    let many: @Sendable (IncomingChunk) throws -> [Element]
    let write: RemoteStream<Element>.Write?

    func stream(_ reader: PushedReader) -> RemoteStream<Element> {
        RemoteStream(reader, write: write, decoding: many)
    }

    func stream(_ reader: StreamReader) -> RemoteStream<Element> {
        RemoteStream(
            makeNext: { [one] in
                .init(next: { try await reader.next().map(one) }, close: { reader.close() })
            }, write: write)
    }
}

extension ItemReading where Element: RemoteCodable {
    static var remoteCodable: Self {
        Self(
            one: { try $0.decoded() }, many: { try $0.decoded { try Element(from: &$0) } },
            write: { try $0.write(to: &$1) })
    }
}

extension ItemReading where Element: Decodable {
    /// - Parameter references: what remote objects in the items mean; nil for those of the call that is being served.
    static func decodable(_ classes: ClassTable?, _ references: (any ReferenceScope)? = nil) -> Self {
        let decoder = ValueDecoder(classes: classes)
        return Self(
            one: { try $0.decodedTree(classes) },
            many: { chunk in
                try References.$scope.withValue(references) {
                    try chunk.decoded { try decoder.decode(Element.self, from: $0.readValue()) }
                }
            },
            write: nil)
    }
}
