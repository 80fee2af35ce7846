package import LanternValue
package import LanternWire
import NIOCore

/// The answer to a call, still encoded.
package struct CallAnswer: Sendable {
    package let frame: Frame
    package let format: SerializerFormat

    package func value() throws -> Value {
        do {
            return try decode(Array(buffer: frame.payload), as: format)
        } catch {
            throw LanternError(.serialization, "the answer cannot be read", cause: error)
        }
    }

    package func decoded<R: RemoteCodable>() throws -> R {
        do {
            var reader = try ValueReader(format: format, bytes: Array(buffer: frame.payload))
            let result = try R(from: &reader)
            try reader.endDocument()
            return result
        } catch {
            throw LanternError(.serialization, "the answer is no \(R.self)", cause: error)
        }
    }
}
