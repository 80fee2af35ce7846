import Lantern
import Synchronization

/// Gives back what it gets, whatever it is.
final class EchoObject: DynamicObject {
    private let state = Mutex(Value.none)

    let members = DynamicMembers(
        methods: ["echo", "arguments", "make"], attributes: ["fixed"], writableAttributes: ["state"])

    func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
        switch member {
        case "echo": return .value(try arguments.bind(["value"], required: 1)[0] ?? .none)
        case "arguments":
            let keywords = arguments.keywords.map { ValuePair(.text($0.0), $0.1) }
            return .value(.list([.list(arguments.positional), .map(keywords)]))
        case "make": return .value(try make(arguments.positional.first?.textValue ?? ""))
        case "state": return .value(state.withLock { $0 })
        default: return .value(1)
        }
    }

    func setAttribute(_ name: String, to value: Value) async throws {
        state.withLock { $0 = value }
    }

    /// Values that some serializer has no form for.
    private func make(_ kind: String) throws -> Value {
        switch kind {
        case "complex": return .complex(real: 1, imaginary: 2)
        case "bytes": return .bytes([0, 1, 255])
        case "date": return .date(ordinal: 737_000)
        case "big": return Value(BigInteger(decimal: "123456789012345678901234567890") ?? BigInteger(Int64(0)))
        default: throw RemoteError(type: "builtins.ValueError", message: "unknown kind")
        }
    }
}
