package import LanternValue

/// Where the items of a pulled stream come from, whatever their type.
package protocol ItemSource: Sendable {
    /// The next item in the serializer asked for, nil at the end.
    func next(as format: SerializerFormat) async throws -> [UInt8]?
    func close()
}

/// A ``RemoteStream`` of whatever type, before it is known how its items will travel.
package protocol ItemStream: Sendable {
    /// One reading, for a peer that asks for each item.
    func itemSource() throws -> any ItemSource
    /// One reading, for a peer that takes what comes.
    func outgoingSource() throws -> OutgoingSource
}

extension RemoteStream: ItemStream {}

/// The items of a ``RemoteStream``.
struct PulledItems<Element: Sendable>: ItemSource {
    let pull: RemoteStream<Element>.Pull
    let write: @Sendable (Element, inout ValueWriter) throws -> Void

    func next(as format: SerializerFormat) async throws -> [UInt8]? {
        guard let item = try await pull.next() else { return nil }
        var writer = ValueWriter(format: format)
        try write(item, &writer)
        return writer.output
    }

    func close() { pull.close() }
}
