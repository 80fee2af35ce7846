import Lantern
import LanternWire
import Synchronization

/// The class `ServerTestObject` of both test suites, one for each connection, as in Pyro's session mode.
final class TestObject: DynamicObject {
    private static let items = ["q", "w", "e", "r", "t", "y"].map { Value.text($0) }

    /// The attribute `value` of each connection that wrote it; small, since the tests make few.
    private let written = Mutex<[ConnectionID: Value]>([:])

    let members: DynamicMembers

    /// - Parameter asSequence: Pyro5's class has `len()`, an index and iteration besides.
    init(asSequence: Bool) {
        let methods: Set = [
            "getDict", "getDictAttr", "multiply", "divide", "ping", "echo", "blob", "delay", "delayAndId",
            "testargs", "nonserializableException", "iterator", "generator", "response_annotation",
            "new_test_object",
        ]
        members = DynamicMembers(
            methods: asSequence ? methods.union(["__len__", "__iter__", "__getitem__"]) : methods,
            oneway: ["oneway_delay", "oneway_multiply"], attributes: ["dictionary"],
            writableAttributes: ["value"])
    }

    func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
        switch member {
        case "testargs":
            guard let first = arguments.positional.first else {
                throw Self.error("TypeError", "missing argument: 'x'")
            }
            let keywords = arguments.keywords.map { ValuePair(.text($0.0), $0.1) }
            return .value([first, .list(Array(arguments.positional.dropFirst())), .map(keywords)])
        case "iterator": return Self.stream(["one", "two", "three"])
        case "generator": return Self.stream(["one", "two", "three", "four", "five"])
        case "__iter__": return .stream(RemoteStream(Self.items))
        default: return .value(try await value(of: member, arguments))
        }
    }

    private func value(of member: String, _ arguments: DynamicArguments) async throws -> Value {
        switch member {
        case "getDict", "dictionary": return ["number": 42]
        case "getDictAttr": return ["number2": 43]
        case "value": return connection.flatMap { id in written.withLock { $0[id] } } ?? 12_345
        case "echo": return try arguments.bind(["obj"], required: 1)[0] ?? .none
        case "multiply", "oneway_multiply": return try multiply(arguments.bind(["x", "y"], required: 2))
        case "divide": return try divide(arguments.bind(["x", "y"], required: 2))
        case "delay", "oneway_delay":
            let seconds = try await sleep(arguments.bind(["delay"], required: 1)[0])
            return .text("slept \(Int(seconds)) seconds")
        case "delayAndId":
            let given = try arguments.bind(["delay", "id"], required: 2)
            _ = try await sleep(given[0])
            return .text("slept for \(given[1]?.textValue ?? "\(given[1]?.intValue ?? 0)")")
        case "nonserializableException":
            throw RemoteError(type: "support.NonserializableError", message: "xantippe")
        case "__len__": return .int(Int64(Self.items.count))
        case "__getitem__": return try item(arguments.bind(["item"], required: 1)[0]?.intValue ?? 0)
        default: return .none
        }
    }

    func setAttribute(_ name: String, to value: Value) async throws {
        guard let connection else { return }
        written.withLock { $0[connection] = value }
    }

    private var connection: ConnectionID? { CallContext.current?.connection }

    // MARK: - What Python's operators do

    private func multiply(_ given: [Value?]) throws -> Value {
        switch (given[0], given[1]) {
        case (let left?, let right?):
            if let left = left.intValue, let right = right.intValue {
                let (product, isTooLarge) = left.multipliedReportingOverflow(by: right)
                if !isTooLarge { return .int(Int64(product)) }
            } else if let text = left.textValue, let count = right.intValue, (0...10_000).contains(count) {
                return .text(String(repeating: text, count: count))
            }
        default: break
        }
        throw Self.error("TypeError", "can't multiply sequence by non-int")
    }

    private func divide(_ given: [Value?]) throws -> Value {
        guard let left = given[0]?.intValue, let right = given[1]?.intValue else {
            throw Self.error("TypeError", "unsupported operand type(s) for //")
        }
        let (quotient, isWrong) = left.dividedReportingOverflow(by: right)
        guard !isWrong else { throw Self.error("ZeroDivisionError", "integer division or modulo by zero") }
        return .int(Int64(left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient))
    }

    private func sleep(_ value: Value?) async throws -> Double {
        guard let seconds = value?.doubleValue, (0...10).contains(seconds)
        else { throw Self.error("TypeError", "a delay is 0 to 10 seconds") }
        try await Task.sleep(for: .seconds(seconds))
        return seconds
    }

    private func item(_ index: Int) throws -> Value {
        guard Self.items.indices.contains(index) else {
            throw Self.error("IndexError", "list index out of range")
        }
        return Self.items[index]
    }

    private static func stream(_ texts: [String]) -> DynamicResult {
        .stream(RemoteStream(texts.map { Value.text($0) }))
    }

    private static func error(_ type: String, _ message: String) -> RemoteError {
        RemoteError(type: "builtins." + type, message: message)
    }
}

/// The class `NotEverythingExposedClass` of both test suites.
struct PartlyExposed: DynamicObject {
    let members = DynamicMembers(methods: ["getName"])

    func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
        .value("hello")
    }
}
