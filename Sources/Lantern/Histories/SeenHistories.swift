import LanternTrust
import LanternValue
import LanternWire
import Logging
import Synchronization

/// A server's audit log that is not the one that it was.
public struct RewrittenHistory: Sendable, Hashable {
    /// The identity that the server proved.
    public let server: String
    public let address: String
    /// What does not fit.
    public let reason: String
}

/// Looks at the checkpoints that servers show at the handshake, beside the calls: no call waits for it.
final class SeenHistories: Sendable {
    /// Findings that are kept; more are in the log only.
    private static let maximum = 64
    private static let timeout = Duration.seconds(10)

    private struct State {
        var found: [RewrittenHistory] = []
        var running: [Int: Task<Void, Never>] = [:]
        var last = 0
    }

    private let memory: CheckpointMemory
    private let errors: ErrorTranslator
    private let logger: Logger
    private let state = Mutex(State())

    init(memory: CheckpointMemory, errors: ErrorTranslator, logger: Logger) {
        self.memory = memory
        self.errors = errors
        self.logger = logger
    }

    var found: [RewrittenHistory] { state.withLock { $0.found } }

    func look(at connection: ClientConnection, options: ProxyOptions) {
        guard let shown = connection.handshake.auditCheckpoint else { return }
        let server = connection.handshake.peer.identity.description
        switch memory.judge(shown, from: server) {
        case .fits: break
        case .ignored(let reason):
            logger.debug(
                "audit checkpoint ignored", metadata: ["server": "\(server)", "reason": "\(reason)"])
        case .rewritten(let reason): tell(reason, shown, connection)
        case .mustProve(let question): start(question, shown, connection, options.serializer)
        }
    }

    /// Waits for what is being asked; each question has its own time limit.
    func end() async {
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }

    private func start(
        _ question: CheckpointMemory.Question, _ shown: [UInt8], _ connection: ClientConnection,
        _ format: SerializerFormat
    ) {
        state.withLock { state in
            state.last += 1
            let number = state.last
            state.running[number] = Task.detached { [self] in
                await ask(question, shown, connection, format)
                self.state.withLock { _ = $0.running.removeValue(forKey: number) }
            }
        }
    }

    private func ask(
        _ question: CheckpointMemory.Question, _ shown: [UInt8], _ connection: ClientConnection,
        _ format: SerializerFormat
    ) async {
        do {
            let keys =
                question.needsKeys ? try await call("audit_keys", [], connection, format) : Value.list([])
            let proof = try await call(
                "audit_consistency", [question.smaller, question.larger], connection, format)
            let verdict = memory.settle(
                question, hashes: proof.isNone ? nil : (proof.elements ?? []).map { $0.textValue ?? "" },
                keyChanges: (keys.elements ?? []).map { $0.textValue ?? "" })
            if case .rewritten(let reason) = verdict { tell(reason, shown, connection) }
        } catch {
            memory.giveUp(question)
            logger.debug("audit checkpoint not proved", metadata: ["error": "\(error)"])
        }
    }

    private func call(
        _ method: String, _ numbers: [Int], _ connection: ClientConnection, _ format: SerializerFormat
    ) async throws -> Value {
        var body = try CallWriter(
            format: format, object: DaemonTarget.objectID, method: method, argumentCount: numbers.count)
        for number in numbers { try body.arguments.write(Int64(number)) }
        let frame = Frame(
            version: connection.handshake.version, type: .invoke, serializer: format.wire,
            correlationID: .random())
        let reply = try await connection.call(
            frame, body: try body.finish(), deadline: .now.advanced(by: Self.timeout))
        return try CallAnswer(judging: reply.frame, sent: format, errors: errors).value()
    }

    private func tell(_ reason: String, _ shown: [UInt8], _ connection: ClientConnection) {
        let server = connection.handshake.peer.identity.description
        let finding = RewrittenHistory(server: server, address: connection.address, reason: reason)
        memory.keepEvidence(shown, from: server)
        logger.critical(
            "a server shows another history of its audit log than before",
            metadata: [
                "server": "\(server)", "address": "\(connection.address)", "reason": "\(reason)",
            ])
        state.withLock { state in
            if state.found.count < Self.maximum, !state.found.contains(finding) {
                state.found.append(finding)
            }
        }
    }
}
