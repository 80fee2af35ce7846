import LanternTrust
import LanternValue
import LanternWire
import NIOCore

/// Decides about one INVOKE: finds the two names, asks the policy, finds the object; the arguments stay closed.
final class CallJudge {
    let core: DaemonCore
    let peer: AuthenticatedPeer
    let kind: PeerKind
    let caller: Caller
    /// At the client's end: the objects that may be called, in place of a daemon's registered ones.
    private let handedOut: HandedOutObjects?
    private var prepared = PreparedMembers()
    private var quota = CallQuota()
    private var grants = GrantRecord()
    private var latest: (object: RegisteredObject, id: ExactName, generation: UInt64)?

    init(
        core: DaemonCore, peer: AuthenticatedPeer, kind: PeerKind, address: String, connection: ConnectionID,
        instances: InstanceScope, references: (any ReferenceScope)? = nil,
        handedOut: HandedOutObjects? = nil, epoch: EpochStamp? = nil
    ) {
        self.core = core
        self.peer = peer
        self.kind = kind
        self.handedOut = handedOut
        caller = Caller(
            peer: peer, address: address, isLantern: kind.isLantern, connection: connection, scope: instances,
            classes: core.classes.table, pushesStreams: handedOut == nil && kind.pushesStreams,
            references: references, epoch: epoch)
    }

    /// The rules have changed.
    ///
    /// - Returns: whether they forbid something that this peer was granted on this connection, or may do so.
    func followPolicy() -> Bool { grants.follow(core.policy) }

    enum Verdict: Sendable {
        case run(CallExecution)
        /// Answer with this error; `denial` is set when the policy said no.
        case refuse(any Error, context: CallContext, denial: Denial?)
        /// The message cannot be answered in its serializer.
        case unanswerable(String)
    }

    func judge(
        _ frame: Frame, now: ContinuousClock.Instant, streams: StreamArguments? = nil
    ) -> Verdict {
        guard let format = frame.serializer.format else {
            return .unanswerable("serializer \(frame.serializer) is not accepted")
        }
        let deadline = deadline(of: frame, now: now)
        let policy = core.policy
        let envelope: CallEnvelope
        let lease: QuotaLease?
        do {
            lease = try quota.begin(
                peer, bytes: frame.payload.readableBytes, under: policy, ledger: core.quotas)
            envelope = try self.envelope(of: frame, format)
        } catch {
            let call = ServedCall(frame, from: caller, as: format, deadline: deadline, streams: streams)
            return .refuse(error, context: CallContext(call), denial: nil)
        }
        let call = ServedCall(
            frame, from: caller, as: format, object: envelope.object, method: envelope.method,
            deadline: deadline, streams: streams)
        do {
            let object = object(envelope.object)
            let work = try judgeWork(of: envelope, isBatch: call.isBatch, on: object, under: policy)
            if let lease, case .batch(let steps) = work { lease.take(calls: max(0, steps.count - 1)) }
            guard let object else { throw Self.unknownObject }
            try check(frame, envelope, format, against: object.options, members: object.members)
            return .run(
                CallExecution(
                    core: core, object: object, work: work, call: call, arrival: now,
                    endsBy: deadline ?? now.advanced(by: core.limits.callTimeout), lease: lease))
        } catch let denial as Denial {
            return .refuse(Self.visibleError(for: denial), context: CallContext(call), denial: denial)
        } catch {
            return .refuse(error, context: CallContext(call), denial: nil)
        }
    }

    /// The names and the unopened arguments, from the payload or, for a blob, from the annotation beside it.
    private func envelope(of frame: Frame, _ format: SerializerFormat) throws -> CallEnvelope {
        guard frame.flags.contains(.keepSerialized) else {
            return try CallEnvelope(
                reading: ByteSource(frame.payload), format: format, limits: core.limits.decoding)
        }
        guard let annotation = frame.annotations[.blob], !frame.flags.contains(.batch) else {
            throw ValueError(.badCall, "a serialized blob needs its annotation, and travels alone")
        }
        return try CallEnvelope(
            blob: BlobCall(
                annotation: Array(buffer: annotation), body: Array(buffer: frame.payload), format: format,
                version: frame.version.rawValue, limits: core.limits.decoding))
    }

    /// What the object itself demands of a call, after the policy allowed it.
    private func check(
        _ frame: Frame, _ envelope: CallEnvelope, _ format: SerializerFormat,
        against options: ObjectOptions, members: DynamicMembers
    ) throws {
        if let accepted = options.serializers, !accepted.contains(format) {
            throw LanternError(.serializerRefused, "the object takes no calls in \(format.rawValue)")
        }
        if let maximum = options.maximumMessage {
            let size = frame.payload.readableBytes + frame.annotations.encodedSize(frame.version)
            guard size <= maximum else {
                throw LanternError(.messageTooLarge, "message too large (\(size), max=\(maximum))")
            }
        }
        guard let blob = envelope.arguments.blob else { return }
        guard members.blobMethods.contains(envelope.method) else {
            throw ValueError(.badCall, "the method takes no serialized blob")
        }
        guard try options.acceptsForwardedBlobs || blob.namesAgree() else {
            throw LanternError(
                .notSupported, "a blob that was made for another object or method is not accepted here")
        }
    }

    private func object(_ id: String) -> RegisteredObject? {
        if let handedOut {
            return handedOut.object(id) ?? (id == DaemonTarget.objectID ? core.registry.object(id) : nil)
        }
        // Most peers call one object again and again.
        let generation = core.registry.generation
        if let latest, latest.generation == generation, latest.id.isSame(as: id), !latest.object.isGone {
            return latest.object
        }
        guard let found = core.registry.object(id) else { return nil }
        latest = (found, ExactName(id), generation)
        return found
    }

    private func judgeWork(
        of envelope: CallEnvelope, isBatch: Bool, on object: RegisteredObject?, under policy: PolicyTable
    ) throws -> CallExecution.Work {
        guard isBatch else {
            return .single(
                try judgeStep(
                    envelope.method, envelope.arguments, objectID: envelope.object, on: object, under: policy)
            )
        }
        guard policy.mayCallSomething(peer: peer, object: envelope.object) else {
            throw Self.unknownObject
        }
        var items = try BatchReader(envelope, maximum: core.limits.batchCalls)
        var steps: [CallExecution.Step] = []
        steps.reserveCapacity(items.announced)
        while let item = try items.next() {
            let step = try judgeStep(
                item.method, item.arguments, objectID: envelope.object, on: object, under: policy)
            guard case .method = step.name else {
                throw RemoteError(
                    type: "builtins.AttributeError",
                    message: "attempt to access private attribute '\(item.method.prefix(64))'")
            }
            steps.append(step)
        }
        return .batch(steps)
    }

    private func judgeStep(
        _ method: String, _ arguments: UnopenedArguments, objectID: String, on object: RegisteredObject?,
        under policy: PolicyTable
    ) throws -> CallExecution.Step {
        if let known = prepared.find(method, of: object, under: policy) {
            if let next = policy.next { core.trial.allowed(known.permit, next: next) }
            return CallExecution.Step(prepared: known, arguments: arguments)
        }
        let name = try MemberName(method, arguments)
        // Who sets an attribute may also read it: a rule against the attribute is then one against both.
        if case .setAttribute(let name) = name { _ = try permit(name, on: objectID, under: policy) }
        let permit = try permit(name.policyName, on: objectID, under: policy)
        guard let object else { throw Self.unknownObject }
        guard let member = object.member(name) else {
            throw RemoteError(
                type: "builtins.AttributeError",
                message:
                    "attempt to access unexposed or unknown remote attribute '\(name.text.prefix(64))'")
        }
        let prepared = PreparedMember(permit: permit, object: object, member: member)
        self.prepared.keep(prepared, under: policy)
        grants.note(permit)
        return CallExecution.Step(prepared: prepared, arguments: arguments)
    }

    private func permit(_ name: String, on object: String, under policy: PolicyTable) throws -> Permit {
        switch policy.decide(AccessRequest(peer: peer, object: object, method: name)) {
        case .denied(let denial):
            if let next = policy.next { core.trial.denied(denial, next: next) }
            throw denial
        case .permit(let permit):
            if let next = policy.next { core.trial.allowed(permit, next: next) }
            return permit
        }
    }

    /// A peer with no right on the object is told that there is none; the log knows better.
    private static func visibleError(for denial: Denial) -> any Error {
        guard denial.hasAnyRight else { return unknownObject }
        return LanternError(.notAllowed, "not allowed to call '\(denial.method.prefix(64))'")
    }

    private static let unknownObject = LanternError(.unknownObject, "unknown object")

    /// When the caller stops waiting, if it says so.
    private func deadline(of frame: Frame, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let left = frame.deadline?.duration else { return nil }
        return now.advanced(by: min(left, core.limits.callTimeout))
    }
}

extension MemberName {
    /// The member that a call means; attribute access carries the attribute's name as its first argument.
    init(_ method: String, _ arguments: UnopenedArguments) throws {
        switch method {
        case "__getattr__": self = .getAttribute(try arguments.firstText())
        case "__setattr__": self = .setAttribute(try arguments.firstText())
        default: self = .method(method)
        }
    }
}

extension UnopenedArguments {
    /// The first argument, which must be text.
    fileprivate func firstText() throws -> String {
        var reader = ArgumentReader(opening: self)
        return try reader.next("name")
    }
}
