package import LanternTrust
package import LanternValue
package import LanternWire
import Logging

/// One INVOKE after it was judged: all that is needed to run it, away from the event loop.
///
/// The permits are part of it: without them there is nothing to run.
package final class CallExecution: Sendable {
    /// One call of the request: a single one, or an item of a batch.
    package struct Step: Sendable {
        let prepared: PreparedMember
        package let arguments: UnopenedArguments

        package var permit: Permit { prepared.permit }
        package var name: MemberName { prepared.member.name }
    }

    /// What is to be run: most requests are one call, which needs no array.
    package enum Work: Sendable {
        case single(Step)
        case batch([Step])
    }

    package let core: DaemonCore
    package let object: RegisteredObject
    package let work: Work
    package let call: ServedCall
    private let arrival: ContinuousClock.Instant
    /// When it is cancelled: the caller's deadline, else the daemon's own limit.
    package let endsBy: ContinuousClock.Instant
    /// Its place in the caller's quota; nil when there is none.
    private let lease: QuotaLease?

    init(
        core: DaemonCore, object: RegisteredObject, work: Work, call: ServedCall,
        arrival: ContinuousClock.Instant, endsBy: ContinuousClock.Instant, lease: QuotaLease? = nil
    ) {
        self.core = core
        self.object = object
        self.work = work
        self.call = call
        self.arrival = arrival
        self.endsBy = endsBy
        self.lease = lease
    }

    /// What goes back to the caller.
    package enum Outcome: Sendable {
        case result([UInt8])
        case batch([UInt8])
        indirect case stream(id: String, placeholder: [UInt8])
        /// Items are pushed as soon as the caller reads.
        indirect case pushed(OutgoingSource)
        /// The pushed stream has its number.
        case opened(StreamNumbers)
        case exception([UInt8])
        /// One-way: nothing is sent, not even an error.
        case silence
        /// A result, batch or stream with what the method wanted to go with it.
        indirect case annotated(Outcome, CallAnnotations)

        var isException: Bool {
            switch self {
            case .exception: true
            case .annotated(let outcome, _): outcome.isException
            default: false
            }
        }
    }

    /// Runs the call to its end; never throws, since errors are answers too.
    package func run() async -> Outcome {
        await CallContext.$current.withValue(CallContext(call)) { await outcome() }
    }

    /// The same in a task that has this call's ``CallContext`` already.
    func outcome() async -> Outcome {
        guard let tracer = core.tracer else { return await untracedOutcome() }
        let span = CallSpan(tracer, serving: call)
        let outcome = await span.around { await untracedOutcome() }
        if outcome.isException { span.fail("exception") }
        span.end()
        return outcome
    }

    @inline(__always)
    private func untracedOutcome() async -> Outcome {
        let outcome =
            switch work {
            case .single(let step): await run(step)
            case .batch(let steps): await run(steps)
            }
        if let lease {
            // Before the answer goes out: the caller's next call may come at once.
            lease.take(bytes: outcome.size)
            lease.end()
        }
        if let annotate = core.hooks.annotateAnswer { return annotated(outcome, annotate) }
        guard let response = call.notes.response else { return outcome }
        if case .exception = outcome { return outcome }
        return .annotated(outcome, response)
    }

    /// With what the daemon has to say to every call, errors too, over what the method said.
    private func annotated(
        _ outcome: Outcome, _ annotate: @Sendable (CallContext) -> CallAnnotations
    ) -> Outcome {
        if case .silence = outcome { return outcome }
        let common = annotate(CallContext(call))
        var all = common
        if case .exception = outcome {
        } else if let response = call.notes.response {
            do { all = try response.merging(common) } catch {
                return .exception(exceptionPayload(for: error))
            }
        }
        return all.isEmpty ? outcome : .annotated(outcome, all)
    }

    /// How far the calls of a request came, for the audit log.
    private struct Progress {
        /// Calls that were begun; the rest never ran.
        var begun = 0
        /// Whether the last of them failed.
        var lastFailed = false

        static func one(failed: Bool) -> Self { Self(begun: 1, lastFailed: failed) }

        func result(of index: Int) -> String { lastFailed && index == begun - 1 ? "error" : "ok" }
    }

    @inline(__always)
    private func run(_ step: Step) async -> Outcome {
        var hasFailed = true
        let isAudited = self.isAudited
        do {
            if isAudited { try admitToAudit() }
            var reply = ReplyWriter(format: call.serializer, classes: call.caller.classes)
            try await perform(step, in: nil, &reply)
            let outcome: Outcome =
                if case .stream(let stream) = reply.outcome {
                    try openStream(stream, of: step)
                } else {
                    .result(try sized(reply.takePayload()))
                }
            hasFailed = false
            if isAudited { try await recordAudit([step], .one(failed: false)) }
            core.meters?.ended(.ok, since: arrival)
            return call.isOneway ? .silence : outcome
        } catch {
            return await failed(error, [step], .one(failed: hasFailed))
        }
    }

    private func run(_ steps: [Step]) async -> Outcome {
        var progress = Progress()
        do {
            if isAudited { try admitToAudit() }
            let outcome = try await runBatch(steps, &progress)
            if isAudited { try await recordAudit(steps, progress) }
            core.meters?.ended(.ok, since: arrival)
            return call.isOneway ? .silence : outcome
        } catch {
            return await failed(error, steps, progress)
        }
    }

    private func failed(_ error: any Error, _ steps: [Step], _ progress: Progress) async -> Outcome {
        if object.options.logsErrors, !(error is CancellationError) {
            core.logger.warning(
                "method threw",
                metadata: [
                    "object": "\(object.id)", "method": "\(call.method)", "error": "\(error)",
                    "identity": "\(call.caller.peer.identity)",
                ])
        } else if call.isOneway {
            core.logger.debug(
                "one-way call failed",
                metadata: ["object": "\(object.id)", "method": "\(call.method)", "error": "\(error)"])
        }
        var answer = error
        if isAudited { do { try await recordAudit(steps, progress) } catch { answer = error } }
        core.meters?.ended(error is CancellationError ? .cancelled : .error, since: arrival)
        return call.isOneway ? .silence : .exception(exceptionPayload(for: answer))
    }

    /// Runs one call; its errors are told to the program's hook.
    @inline(__always)
    private func perform(
        _ step: Step, in scope: InstanceScope?, _ reply: inout ReplyWriter
    ) async throws {
        do {
            if core.classes.refusesUnknown { try checkClasses(step) }
            try await step.prepared.member.run(
                SessionInstances(session: call.caller.scope, call: scope), step.arguments, &reply)
        } catch {
            if let methodFailed = core.hooks.methodFailed, !isEndOfStream(error) {
                methodFailed(error, CallContext(call).calling(step.name))
            }
            throw error
        }
    }

    private func checkClasses(_ step: Step) throws {
        guard call.streams == nil else {
            throw LanternError(.notSupported, "streams as arguments are refused where unknown classes are")
        }
        try core.classes.check(step.arguments)
    }

    /// How Pyro tells a reader that a stream has no more items.
    private func isEndOfStream(_ error: any Error) -> Bool {
        object.id == DaemonTarget.objectID && (error as? RemoteError)?.type == "builtins.StopIteration"
    }

    /// The payload, when it is not over the object's own limit.
    private func sized(_ payload: [UInt8]) throws -> [UInt8] {
        if let maximum = object.options.maximumMessage, payload.count > maximum {
            throw LanternError(
                .messageTooLarge, "the result has \(payload.count) bytes, the object sends at most \(maximum)"
            )
        }
        return payload
    }

    /// Runs the calls in order; the first error takes its call's place and ends the batch, as in Pyro.
    private func runBatch(_ steps: [Step], _ progress: inout Progress) async throws -> Outcome {
        let instances = InstanceScope()
        var results = BatchReply(
            calls: steps.count, format: call.serializer, classes: call.caller.classes,
            limits: core.limits.decoding)
        for index in steps.indices {
            if index.isMultiple(of: 16) { try Task.checkCancellation() }
            progress.begun = index + 1
            do {
                try await perform(steps[index], in: instances, &results.item)
                try results.endItem()
            } catch {
                progress.lastFailed = true
                try results.endItem(with: exceptionWrapper(for: error))
                break
            }
        }
        return .batch(try sized(results.encoded()))
    }

    private func openStream(_ stream: any ItemStream, of step: Step) throws -> Outcome {
        if call.isOneway { return .silence }
        guard call.caller.pushesStreams else { return try openPulled(stream.itemSource()) }
        var source = try stream.outgoingSource()
        source.context = CallContext(call)
        source.runsOnLoop = object.options.execution == .onLoop
        source.place = try core.streams.places.take(for: call.caller.peer.identity)
        source.isStillPermitted = { [core, peer = call.caller.peer, id = object.id, policy = core.policy] in
            let current = core.policy
            if current === policy { return true }
            let request = AccessRequest(peer: peer, object: id, method: step.name.text)
            if case .permit = current.decide(request) { return true }
            return false
        }
        return .pushed(source)
    }

    private func openPulled(_ source: any ItemSource) throws -> Outcome {
        let id = CorrelationID.random().description
        try core.streams.open(
            source, id: id, owner: call.caller.peer.identity, connection: call.caller.connection, now: .now)
        // A connection that ended before this cancelled the call, and will not end this stream any more.
        if Task.isCancelled { core.streams.close(id, reader: call.caller.peer.identity) }
        // Very old clients that do not know streams take this for the exception that it says it is.
        let placeholder = ExceptionRecord(
            className: (call.version == .v48 ? "Pyro4" : "Pyro5") + ".errors.ProtocolError",
            arguments: ["result of call is an iterator"],
            attributes: [ValuePair("_pyroTraceback", .none)])
        return .stream(id: id, placeholder: try encode(placeholder.value, as: call.serializer))
    }

    private func exceptionWrapper(for error: any Error) -> Value {
        let name =
            call.version == .v48 ? "Pyro4.futures._ExceptionWrapper" : "Pyro5.core._ExceptionWrapper"
        return .map([
            ValuePair("__class__", .text(name)), ValuePair("exception", record(for: error).value),
        ])
    }

    private func record(for error: any Error) -> ExceptionRecord {
        core.errors.exception(
            for: error, version: call.version, peerIsLantern: call.caller.isLantern,
            place: "\(object.id).\(call.method)")
    }

    private func exceptionPayload(for error: any Error) -> [UInt8] {
        ExceptionPayload.encode(record(for: error), version: call.version, as: call.serializer)
    }

    // MARK: - Audit

    private var isAudited: Bool {
        guard core.audit != nil else { return false }
        if object.options.isAudited { return true }
        return switch work {
        case .single(let step): step.permit.audit != .object
        case .batch(let steps): steps.contains { $0.permit.audit != .object }
        }
    }

    private func recordAudit(_ steps: [Step], _ progress: Progress) async throws {
        guard let audit = core.audit else { return }
        for index in steps.indices.prefix(progress.begun) {
            guard object.options.isAudited || steps[index].permit.audit != .object else { continue }
            let event = AuditEvents.call(
                steps[index], object: object.id, context: CallContext(call),
                result: progress.result(of: index),
                hasTarget: object.options.isAudited || steps[index].permit.audit == .all)
            let start = core.meters.map { _ in ContinuousClock.now }
            defer { if let start { core.meters?.recorded(since: start) } }
            do {
                try await audit.record(event)
            } catch {
                throw auditRefusal(error)
            }
        }
    }

    /// Nothing is done that could not be recorded afterwards.
    private func admitToAudit() throws {
        do { try core.audit?.admit() } catch { throw auditRefusal(error) }
    }

    private func auditRefusal(_ error: any Error) -> LanternError {
        let reason = (error as? AuditError)?.shortReason ?? "it does not say why"
        return LanternError(
            .auditUnavailable,
            "the operation is refused because the audit log cannot be written: \(reason)", cause: error)
    }
}

/// Writes an exception in a caller's serializer, whatever happens.
package enum ExceptionPayload {
    package static func encode(
        _ record: ExceptionRecord, version: WireVersion, as format: SerializerFormat
    ) -> [UInt8] {
        if let bytes = try? LanternValue.encode(record.value, as: format) { return bytes }
        // Some argument or attribute has no form in this serializer: the text always has one.
        let plain = ExceptionRecord(
            className: (version == .v48 ? "Pyro4" : "Pyro5") + ".errors.PyroError",
            arguments: [
                .text(
                    "Error serializing exception: its arguments or attributes have no form in "
                        + "\(format.rawValue). Original exception: \(record.className): \(record.message)")
            ],
            attributes: record.attributes.filter { $0.key == .text("_pyroTraceback") })
        return (try? LanternValue.encode(plain.value, as: format)) ?? []
    }
}
