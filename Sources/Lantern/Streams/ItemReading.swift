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
    static var decodable: Self {
        Self(
            one: { try $0.decodedTree() },
            many: { try $0.decoded { try ValueDecoder().decode(Element.self, from: $0.readValue()) } },
            write: nil)
    }
}
