import Glibc
import Lantern
import Synchronization

/// Pyro's test object.
///
/// - Source: section 14 of the Pyro protocol reference; `utils/echoserver.py` of Pyro5.
final class EchoObject: DynamicObject {
    static let id = "test.echoserver"

    private let isVerbose = Mutex(false)

    let members = DynamicMembers(
        methods: [
            "echo", "error", "error_with_text", "slow", "generator", "nan", "inf", "__dunder__", "shutdown",
        ], oneway: ["oneway_echo", "oneway_slow"], writableAttributes: ["verbose"])

    func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
        switch member {
        case "echo": return .value(try message(arguments))
        case "oneway_echo":
            _ = try message(arguments)
            return .value("bogus return value")
        case "verbose": return .value(.bool(isVerbose.withLock { $0 }))
        default:
            _ = try arguments.bind([], required: 0)
            return try await answer(member)
        }
    }

    private func answer(_ member: String) async throws -> DynamicResult {
        switch member {
        case "error": throw RemoteError(type: "builtins.ValueError", message: errorText)
        case "error_with_text":
            throw RemoteError(type: "builtins.ValueError", message: "the message of the error")
        case "slow":
            try await Task.sleep(for: .seconds(5))
            return .value("Finally, an answer!")
        case "oneway_slow":
            try await Task.sleep(for: .seconds(5))
            return .value("bogus return value")
        case "generator": return .stream(RemoteStream(["one", "two", "three"].map { Value.text($0) }))
        case "nan": return .value(.float(.nan))
        case "inf": return .value(.float(.infinity))
        case "__dunder__": return .value("should be allowed (dunder)")
        case "shutdown":
            // The way every end goes: running calls finish, this one among them.
            kill(getpid(), SIGTERM)
            return .value(.none)
        default: throw RemoteError(type: "builtins.AttributeError", message: "unknown method")
        }
    }

    func setAttribute(_ name: String, to value: Value) async throws {
        guard name == "verbose", let isOn = value.boolValue else {
            throw RemoteError(type: "builtins.TypeError", message: "verbose is True or False")
        }
        isVerbose.withLock { $0 = isOn }
    }

    private func message(_ arguments: DynamicArguments) throws -> Value {
        let message = try arguments.bind(["message"], required: 1)[0] ?? .none
        if isVerbose.withLock({ $0 }) {
            Output.error("echo: \((try? JSONForm.text(message)).map(Shown.text) ?? "?")")
        }
        return message
    }

    /// The text differs between the generations.
    private var errorText: String {
        CallContext.current?.isPyro4 == true
            ? "expected error from echoserver error() method"
            : "this is the generated error from echoserver echo() method"
    }
}
