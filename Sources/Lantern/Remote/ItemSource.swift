package import LanternValue

/// Where the items of a pulled stream come from, whatever their type.
package protocol ItemSource: Sendable {
    /// The next item in the serializer asked for, nil at the end.
    func next(as format: SerializerFormat) async throws -> [UInt8]?
    func close()
    /// Whether the next item comes without waiting.
    var isAtHand: Bool { get }
}

/// The items of a ``RemoteStream``.
struct PulledItems<Element: Sendable>: ItemSource {
    let pull: RemoteStream<Element>.Pull
    let write: @Sendable (Element, inout ValueWriter) throws -> Void

    func next(as format: SerializerFormat) async throws -> [UInt8]? {
        guard let item = try await pull.next() else { return nil }
        var writer = ValueWriter(format: format)
        try write(item, &writer)
        return writer.takeOutput()
    }

    func close() { pull.close() }

    var isAtHand: Bool { pull.isAtHand }
}

extension ItemSource {
    package var isAtHand: Bool { false }
}
