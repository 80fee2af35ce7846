package import LanternValue
package import LanternWire
import NIOCore

/// The answer to a call, still encoded.
package struct CallAnswer: Sendable {
    package let frame: Frame
    package let format: SerializerFormat
    /// What remote objects in it mean; nil for an answer that came over no connection.
    var references: (any ReferenceScope)?
    /// The stream that the answer brings, when it is one that is pushed.
    package private(set) var pushed: PushedReader?

    package init(frame: Frame, format: SerializerFormat, pushed: PushedReader? = nil) {
        self.frame = frame
        self.format = format
        self.pushed = pushed
    }

    /// Takes a RESULT for what it is.
    ///
    /// - Parameter sent: the serializer of the call; an answer has the same.
    /// - Throws: the error that the far side's method threw; ``LanternError/Code/protocolViolation`` for an answer in
    ///   another serializer and for an exception that is none.
    package init(
        judging frame: Frame, pushed: PushedReader? = nil, sent: SerializerFormat, errors: ErrorTranslator
    ) throws {
        guard frame.serializer.format == sent else {
            throw LanternError(.protocolViolation, "the answer is in another serializer than the call")
        }
        self.init(frame: frame, format: sent, pushed: pushed)
        guard frame.flags.contains(.exception), !frame.flags.contains(.itemStreamResult) else { return }
        guard let record = ExceptionRecord(try value()) else {
            throw LanternError(.protocolViolation, "the answer is an exception that is none")
        }
        throw errors.error(for: record)
    }

    package func value() throws -> Value {
        try refuseStream()
        do {
            return try decode(ByteSource(frame.payload), as: format)
        } catch {
            throw LanternError(.serialization, "the answer cannot be read", cause: error)
        }
    }

    package func decoded<R: RemoteCodable>() throws -> R {
        try reading { reader in try R(from: &reader) }
    }

    /// By way of a value tree, for what is `Codable` only.
    func decodedTree<R: Decodable>(_ classes: ClassTable?) throws -> R {
        let value = try value()
        return try References.$scope.withValue(references) {
            try ValueDecoder(classes: classes).decode(R.self, from: value)
        }
    }

    func reading<R>(_ read: (inout ValueReader) throws -> R) throws -> R {
        try refuseStream()
        do {
            var reader = try ValueReader(format: format, source: ByteSource(frame.payload))
            let result = try read(&reader)
            try reader.endDocument()
            return result
        } catch let error as LanternError {
            throw error
        } catch {
            throw LanternError(.serialization, "the answer is no \(R.self)", cause: error)
        }
    }

    private func refuseStream() throws {
        guard frame.flags.contains(.itemStreamResult) else { return }
        throw LanternError(.misuse, "the result is an item stream, not a value: read it as a stream")
    }
}
