import Lantern
import LanternValue
import Synchronization

/// An object whose methods a test writes down as closures.
struct Lab: DynamicObject {
    typealias Method = @Sendable (DynamicArguments) async throws -> DynamicResult

    let methods: [String: Method]
    var attributes: Set<String> = []
    let written = Written()

    final class Written: Sendable {
        let values = Mutex<[String: Value]>([:])
    }

    init(_ methods: [String: Method], attributes: Set<String> = []) {
        self.methods = methods
        self.attributes = attributes
    }

    var members: DynamicMembers {
        DynamicMembers(methods: Set(methods.keys), attributes: ["colour"], writableAttributes: attributes)
    }

    func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
        guard let method = methods[member] else { return .value(.text("value of \(member)")) }
        return try await method(arguments)
    }

    func setAttribute(_ name: String, to value: Value) async throws {
        written.values.withLock { $0[name] = value }
    }
}

/// Counts what is under way and the most that ever was.
final class Meter: Sendable {
    private let state = Mutex((now: 0, most: 0, total: 0))

    var most: Int { state.withLock(\.most) }
    var total: Int { state.withLock(\.total) }

    @discardableResult
    func enter() -> Int {
        state.withLock { state in
            state.now += 1
            state.total += 1
            state.most = max(state.most, state.now)
            return state.now
        }
    }

    func leave() { state.withLock { $0.now -= 1 } }
}
