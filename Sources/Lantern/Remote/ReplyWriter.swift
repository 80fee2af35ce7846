public import LanternValue

/// Takes the one result of a call and writes it in the caller's serializer; nothing written means `None`.
public struct ReplyWriter: Sendable {
    package let format: SerializerFormat
    package private(set) var outcome = Outcome.nothing

    package enum Outcome: Sendable {
        case nothing
        case payload([UInt8])
        case stream(any ItemStream)
    }

    package init(format: SerializerFormat) {
        self.format = format
    }

    public mutating func write<T: RemoteCodable>(_ value: T) throws {
        var writer = ValueWriter(format: format)
        try value.write(to: &writer)
        outcome = .payload(writer.output)
    }

    @_disfavoredOverload
    public mutating func write<T: Encodable>(_ value: T) throws {
        try write(ValueEncoder().encode(value))
    }

    /// The stream's items follow as the caller reads them.
    public mutating func write<T>(_ stream: RemoteStream<T>) throws {
        outcome = .stream(stream)
    }

    /// A result that is written already, in this writer's serializer.
    package mutating func write(encoded: [UInt8]) {
        outcome = .payload(encoded)
    }

    /// The result's bytes; `None` when nothing was written.
    package func payload() throws -> [UInt8] {
        if case .payload(let bytes) = outcome { return bytes }
        var writer = ValueWriter(format: format)
        try writer.writeNone()
        return writer.output
    }
}
