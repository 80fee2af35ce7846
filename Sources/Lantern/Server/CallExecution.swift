package import LanternTrust
package import LanternValue
import LanternWire
import Logging

/// One INVOKE after it was judged: all that is needed to run it, away from the event loop.
///
/// The permits are part of it: without them there is nothing to run.
package final class CallExecution: Sendable {
    /// One call of the request: a single one, or an item of a batch.
    package struct Step: Sendable {
        package let permit: Permit
        package let member: MemberName
        package let arguments: UnopenedArguments
    }

    package let core: DaemonCore
    package let object: RegisteredObject
    package let steps: [Step]
    package let isBatch: Bool
    package let context: CallContext
    package let sessionInstances: InstanceScope
    /// When it is cancelled: the caller's deadline, else the daemon's own limit.
    package let endsBy: ContinuousClock.Instant

    init(
        core: DaemonCore, object: RegisteredObject, steps: [Step], isBatch: Bool, context: CallContext,
        sessionInstances: InstanceScope, endsBy: ContinuousClock.Instant
    ) {
        self.core = core
        self.object = object
        self.steps = steps
        self.isBatch = isBatch
        self.context = context
        self.sessionInstances = sessionInstances
        self.endsBy = endsBy
    }

    /// What goes back to the caller.
    package enum Outcome: Sendable {
        case result([UInt8])
        case batch([UInt8])
        case stream(id: String, placeholder: [UInt8])
        /// Items are pushed as soon as the caller reads.
        case pushed(OutgoingSource)
        /// The pushed stream has its number.
        case opened(StreamNumbers)
        case exception([UInt8])
        /// One-way: nothing is sent, not even an error.
        case silence
    }

    /// Runs the call to its end; never throws, since errors are answers too.
    package func run() async -> Outcome {
        await CallContext.$current.withValue(context) {
            var done: [StepResult] = []
            do {
                let outcome = try await isBatch ? runBatch(&done) : runSingle(&done)
                try await recordAudit(done)
                return context.isOneway ? .silence : outcome
            } catch {
                if object.options.logsErrors, !(error is CancellationError) {
                    core.logger.warning(
                        "method threw",
                        metadata: [
                            "object": "\(object.id)", "method": "\(context.method)", "error": "\(error)",
                            "identity": "\(context.peer.identity)",
                        ])
                } else if context.isOneway {
                    core.logger.debug(
                        "one-way call failed",
                        metadata: [
                            "object": "\(object.id)", "method": "\(context.method)", "error": "\(error)",
                        ])
                }
                var answer = error
                if done.count < steps.count { done.append(.error) }
                do { try await recordAudit(done) } catch { answer = error }
                return context.isOneway ? .silence : .exception(exceptionPayload(for: answer))
            }
        }
    }

    /// How a call that was begun ended, for the audit log.
    private enum StepResult: String { case ok, error }

    private func runSingle(_ done: inout [StepResult]) async throws -> Outcome {
        guard let step = steps.first else { throw ValueError(.badCall, "no call") }
        var reply = ReplyWriter(format: context.serializer)
        try await object.target.perform(
            step.member, instances: SessionInstances(session: sessionInstances, call: nil),
            arguments: step.arguments, reply: &reply)
        let outcome: Outcome =
            if case .stream(let stream) = reply.outcome {
                try openStream(stream, of: step)
            } else {
                .result(try reply.payload())
            }
        done.append(.ok)
        return outcome
    }

    /// Runs the calls in order; the first error takes its call's place and ends the batch, as in Pyro.
    private func runBatch(_ done: inout [StepResult]) async throws -> Outcome {
        let instances = SessionInstances(session: sessionInstances, call: InstanceScope())
        var results = EncodedList(format: context.serializer, limits: core.limits.decoding)
        for (index, step) in steps.enumerated() {
            if index.isMultiple(of: 16) { try Task.checkCancellation() }
            do {
                var reply = ReplyWriter(format: context.serializer)
                try await object.target.perform(
                    step.member, instances: instances, arguments: step.arguments, reply: &reply)
                if case .stream = reply.outcome {
                    throw RemoteError(
                        type: "builtins.TypeError",
                        message: "an item stream cannot be the result of a batched call")
                }
                try results.append(document: try reply.payload())
                done.append(.ok)
            } catch {
                done.append(.error)
                try results.append(document: try encode(exceptionWrapper(for: error), as: context.serializer))
                break
            }
        }
        return .batch(try results.encoded())
    }

    private func openStream(_ stream: any ItemStream, of step: Step) throws -> Outcome {
        if context.isOneway { return .silence }
        guard context.pushesStreams else { return try openPulled(stream.itemSource()) }
        var source = try stream.outgoingSource()
        source.context = context
        source.runsOnLoop = object.options.execution == .onLoop
        source.place = try core.streams.places.take(for: context.peer.identity)
        source.isStillPermitted = { [core, peer = context.peer, id = object.id, policy = core.policy] in
            let current = core.policy
            if current === policy { return true }
            let request = AccessRequest(peer: peer, object: id, method: step.member.text)
            if case .permit = current.decide(request) { return true }
            return false
        }
        return .pushed(source)
    }

    private func openPulled(_ source: any ItemSource) throws -> Outcome {
        let id = CorrelationID.random().description
        try core.streams.open(
            source, id: id, owner: context.peer.identity, connection: context.connection, now: .now)
        // A connection that ended before this cancelled the call, and will not end this stream any more.
        if Task.isCancelled { core.streams.close(id, reader: context.peer.identity) }
        // Very old clients that do not know streams take this for the exception that it says it is.
        let placeholder = ExceptionRecord(
            className: (context.wireVersion == .v48 ? "Pyro4" : "Pyro5") + ".errors.ProtocolError",
            arguments: ["result of call is an iterator"],
            attributes: [ValuePair("_pyroTraceback", .none)])
        return .stream(id: id, placeholder: try encode(placeholder.value, as: context.serializer))
    }

    private func exceptionWrapper(for error: any Error) -> Value {
        let name =
            context.wireVersion == .v48 ? "Pyro4.futures._ExceptionWrapper" : "Pyro5.core._ExceptionWrapper"
        return .map([
            ValuePair("__class__", .text(name)), ValuePair("exception", record(for: error).value),
        ])
    }

    private func record(for error: any Error) -> ExceptionRecord {
        core.errors.exception(
            for: error, version: context.wireVersion, peerIsLantern: context.peerIsLantern,
            place: "\(object.id).\(context.method)")
    }

    private func exceptionPayload(for error: any Error) -> [UInt8] {
        ExceptionPayload.encode(record(for: error), version: context.wireVersion, as: context.serializer)
    }

    // MARK: - Audit

    private func recordAudit(_ done: [StepResult]) async throws {
        guard object.options.isAudited, let audit = core.audit else { return }
        for (step, result) in zip(steps, done) {
            let event = AuditEvents.call(
                step, object: object.id, context: context, result: result.rawValue)
            do {
                try await audit.record(event)
            } catch {
                throw LanternError(
                    .auditUnavailable, "the operation is refused because the audit log cannot be written",
                    cause: error)
            }
        }
    }
}

/// Writes an exception in a caller's serializer, whatever happens.
enum ExceptionPayload {
    static func encode(
        _ record: ExceptionRecord, version: WireVersion, as format: SerializerFormat
    ) -> [UInt8] {
        if let bytes = try? LanternValue.encode(record.value, as: format) { return bytes }
        // Some argument or attribute has no form in this serializer: the text always has one.
        let plain = ExceptionRecord(
            className: (version == .v48 ? "Pyro4" : "Pyro5") + ".errors.PyroError",
            arguments: [.text("error serializing exception \(record.className): \(record.message)")],
            attributes: [])
        return (try? LanternValue.encode(plain.value, as: format)) ?? []
    }
}
