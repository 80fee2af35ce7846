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
        package let permit: Permit
        package let member: MemberName
        package let arguments: UnopenedArguments
    }

    /// What is to be run: most requests are one call, which needs no array.
    package enum Work: Sendable {
        case single(Step)
        case batch([Step])
    }

    package let core: DaemonCore
    package let object: RegisteredObject
    package let work: Work
    package let context: CallContext
    /// When it is cancelled: the caller's deadline, else the daemon's own limit.
    package let endsBy: ContinuousClock.Instant

    init(
        core: DaemonCore, object: RegisteredObject, work: Work, context: CallContext,
        endsBy: ContinuousClock.Instant
    ) {
        self.core = core
        self.object = object
        self.work = work
        self.context = context
        self.endsBy = endsBy
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
    }

    /// Runs the call to its end; never throws, since errors are answers too.
    package func run() async -> Outcome {
        await CallContext.$current.withValue(context) {
            let outcome =
                switch work {
                case .single(let step): await run(step)
                case .batch(let steps): await run(steps)
                }
            guard let response = context.notes.response else { return outcome }
            if case .exception = outcome { return outcome }
            return .annotated(outcome, response)
        }
    }

    /// How a call that was begun ended, for the audit log.
    private enum StepResult: String { case ok, error }

    private func run(_ step: Step) async -> Outcome {
        var result = StepResult.error
        do {
            var reply = ReplyWriter(format: context.serializer, classes: context.classes)
            try await perform(step, call: nil, reply: &reply)
            let outcome: Outcome =
                if case .stream(let stream) = reply.outcome {
                    try openStream(stream, of: step)
                } else {
                    .result(try sized(reply.payload()))
                }
            result = .ok
            try await recordAudit([step], [result])
            return context.isOneway ? .silence : outcome
        } catch {
            return await failed(error, [step], [result])
        }
    }

    private func run(_ steps: [Step]) async -> Outcome {
        var done: [StepResult] = []
        do {
            let outcome = try await runBatch(steps, &done)
            try await recordAudit(steps, done)
            return context.isOneway ? .silence : outcome
        } catch {
            if done.count < steps.count { done.append(.error) }
            return await failed(error, steps, done)
        }
    }

    private func failed(_ error: any Error, _ steps: [Step], _ done: [StepResult]) async -> Outcome {
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
                metadata: ["object": "\(object.id)", "method": "\(context.method)", "error": "\(error)"])
        }
        var answer = error
        do { try await recordAudit(steps, done) } catch { answer = error }
        return context.isOneway ? .silence : .exception(exceptionPayload(for: answer))
    }

    /// Runs one call; its errors are told to the program's hook.
    private func perform(_ step: Step, call: InstanceScope?, reply: inout ReplyWriter) async throws {
        do {
            if core.classes.refusesUnknown { try checkClasses(step) }
            try await object.target.perform(
                step.member, instances: SessionInstances(session: context.scope, call: call),
                arguments: step.arguments, reply: &reply)
        } catch {
            if let methodFailed = core.hooks.methodFailed, !isEndOfStream(error) {
                methodFailed(error, context.calling(step.member))
            }
            throw error
        }
    }

    private func checkClasses(_ step: Step) throws {
        guard context.streams == nil else {
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
    private func runBatch(_ steps: [Step], _ done: inout [StepResult]) async throws -> Outcome {
        let instances = InstanceScope()
        var results = EncodedList(format: context.serializer, limits: core.limits.decoding)
        for (index, step) in steps.enumerated() {
            if index.isMultiple(of: 16) { try Task.checkCancellation() }
            do {
                var reply = ReplyWriter(format: context.serializer, classes: context.classes)
                try await perform(step, call: instances, reply: &reply)
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
        return .batch(try sized(results.encoded()))
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

    private func recordAudit(
        _ steps: @autoclosure () -> [Step], _ done: @autoclosure () -> [StepResult]
    ) async throws {
        guard object.options.isAudited, let audit = core.audit else { return }
        for (step, result) in zip(steps(), done()) {
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
