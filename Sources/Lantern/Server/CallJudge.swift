import LanternTrust
import LanternValue
import LanternWire
import NIOCore

/// Decides about one INVOKE: finds the two names, asks the policy, finds the object; the arguments stay closed.
final class CallJudge {
    let core: DaemonCore
    let peer: AuthenticatedPeer
    let kind: PeerKind
    let address: String
    let connection: ConnectionID
    let instances: InstanceScope
    private let references: (any ReferenceScope)?
    /// At the client's end: the objects that may be called, in place of a daemon's registered ones.
    private let handedOut: HandedOutObjects?
    private let permits = PermitCache()

    init(
        core: DaemonCore, peer: AuthenticatedPeer, kind: PeerKind, address: String, connection: ConnectionID,
        instances: InstanceScope, references: (any ReferenceScope)? = nil,
        handedOut: HandedOutObjects? = nil
    ) {
        self.core = core
        self.peer = peer
        self.kind = kind
        self.address = address
        self.connection = connection
        self.instances = instances
        self.references = references
        self.handedOut = handedOut
    }

    enum Verdict: Sendable {
        case run(CallExecution)
        /// Answer with this error; `denial` is set when the policy said no.
        case refuse(any Error, context: CallContext, denial: Denial?)
        /// The message cannot be answered in its serializer.
        case unanswerable(String)
    }

    /// - Parameter freshID: for a call that came without a correlation id.
    func judge(
        _ frame: Frame, now: ContinuousClock.Instant, freshID: CorrelationID = .random(),
        streams: StreamArguments? = nil
    ) -> Verdict {
        guard let format = frame.serializer.format else {
            return .unanswerable("serializer \(frame.serializer) is not accepted")
        }
        var context = CallContext(
            peer: peer, address: address, object: "", method: "", serializer: format,
            correlation: frame.correlationID ?? freshID, deadline: deadline(of: frame, now: now),
            isOneway: frame.flags.contains(.oneway), peerIsLantern: kind.isLantern, connection: connection,
            wireVersion: frame.version, pushesStreams: handedOut == nil && kind.pushesStreams,
            streams: streams, references: references)
        if frame.flags.contains(.keepSerialized) {
            let error = LanternError(.notSupported, "arguments as a serialized blob are not accepted here")
            return .refuse(error, context: context, denial: nil)
        }
        do {
            let envelope = try CallEnvelope(
                reading: Array(buffer: frame.payload), format: format, limits: core.limits.decoding)
            context.object = envelope.object
            context.method = envelope.method
            let isBatch = frame.flags.contains(.batch)
            let object = object(envelope.object)
            let steps = try judgeSteps(of: envelope, isBatch: isBatch, on: object)
            guard let object else { throw Self.unknownObject }
            return .run(
                CallExecution(
                    core: core, object: object, steps: steps, isBatch: isBatch, context: context,
                    sessionInstances: instances,
                    endsBy: context.deadline ?? now.advanced(by: core.limits.callTimeout)))
        } catch let denial as Denial {
            return .refuse(Self.visibleError(for: denial), context: context, denial: denial)
        } catch {
            return .refuse(error, context: context, denial: nil)
        }
    }

    private func object(_ id: String) -> RegisteredObject? {
        guard let handedOut else { return core.registry.object(id) }
        return handedOut.object(id) ?? (id == DaemonTarget.objectID ? core.registry.object(id) : nil)
    }

    private func judgeSteps(
        of envelope: CallEnvelope, isBatch: Bool, on object: RegisteredObject?
    ) throws -> [CallExecution.Step] {
        guard isBatch else {
            return [try judgeStep(envelope.method, envelope.arguments, objectID: envelope.object, on: object)]
        }
        guard core.policy.mayCallSomething(peer: peer, object: envelope.object) else {
            throw Self.unknownObject
        }
        return try envelope.batchItems(maximum: core.limits.batchCalls).map { item in
            guard !item.method.hasPrefix("__") else {
                throw RemoteError(
                    type: "builtins.AttributeError",
                    message: "attempt to access private attribute '\(item.method.prefix(64))'")
            }
            return try judgeStep(item.method, item.arguments, objectID: envelope.object, on: object)
        }
    }

    private func judgeStep(
        _ method: String, _ arguments: UnopenedArguments, objectID: String, on object: RegisteredObject?
    ) throws -> CallExecution.Step {
        let member = try MemberName(method, arguments)
        let policy = core.policy
        let known = permits.permit(for: member.text, on: objectID, under: policy)
        let request = AccessRequest(peer: peer, object: objectID, method: member.text)
        switch known.map(Decision.permit) ?? policy.decide(request) {
        case .denied(let denial): throw denial
        case .permit(let permit):
            if known == nil { permits.keep(permit, under: policy) }
            guard let object else { throw Self.unknownObject }
            guard member.isOffered(by: object.members) else {
                throw RemoteError(
                    type: "builtins.AttributeError",
                    message:
                        "attempt to access unexposed or unknown remote attribute '\(member.text.prefix(64))'")
            }
            return CallExecution.Step(permit: permit, member: member, arguments: arguments)
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
        var reader = try ArgumentReader(opening: self)
        return try reader.next("name")
    }
}
