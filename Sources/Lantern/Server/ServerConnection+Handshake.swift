import CoreMetrics
import LanternTrust
import LanternValue
import LanternWire
import Logging
import NIOCore

/// CONNECT: the signed handshake, and what the peer is told.
extension ServerConnection {
    func authenticate(_ frame: Frame, _ certificate: PeerCertificate, _ facts: ChannelFacts) {
        guard let format = frame.serializer.format else {
            return refuse(
                "message used serializer that is not accepted", answering: frame, as: .malformed)
        }
        do {
            let request = try HandshakeMessage.Request(reading: Array(buffer: frame.payload), format: format)
            let version = frame.version.rawValue
            let epoch = core.trust.current
            let peer = try epoch.authenticator.acceptClient(
                request.proof, protocolVersion: version, object: request.object, channel: facts,
                peer: certificate, requiresExporter: facts.bestBinding == .tlsExporter)
            if let refusal = core.census.authenticated(peer.identity) {
                return refuse(refusal.text, answering: frame, as: .limit)
            }
            countedIdentity = peer.identity
            try accept(peer, frame, request, format, facts, epoch)
        } catch let error as LanternError where error.code == .unknownObject {
            refuse("unknown object", answering: frame, as: .unknownObject)
        } catch let error as LanternError where error.code == .authenticationFailed {
            refuse(error.detail, answering: frame, as: .authentication)
        } catch let refusal as TrustRefusal {
            logger.notice(
                "peer no longer trusted",
                metadata: ["identity": "\(certificate.identity)", "reason": "\(refusal.detail)"])
            refuse(refusal.textForPeer, answering: frame, as: .distrusted)
        } catch let refusal as HandshakeRefusal {
            logger.notice(
                "refused by the program's own check",
                metadata: ["identity": "\(certificate.identity)", "reason": "\(refusal.reason)"])
            refuse(refusal.text, answering: frame, as: .program)
        } catch let error as TrustError {
            logger.notice(
                "signed handshake refused",
                metadata: ["identity": "\(certificate.identity)", "reason": "\(error)"])
            refuse(error.peerMessage, answering: frame, as: .authentication)
        } catch {
            logger.info("bad CONNECT", metadata: ["error": "\(error)"])
            refuse("invalid handshake", answering: frame, as: .malformed)
        }
    }

    private func accept(
        _ peer: AuthenticatedPeer, _ frame: Frame, _ request: HandshakeMessage.Request,
        _ format: SerializerFormat, _ facts: ChannelFacts, _ epoch: TrustEpoch
    ) throws {
        let wantsMetadata = frame.version == .v502 || frame.flags.contains(.metaOnConnect)
        var metadata: HandshakeMessage.Metadata?
        if wantsMetadata {
            metadata = core.metadata(of: request.object, for: peer)
            if metadata == nil { throw LanternError(.unknownObject, "unknown object") }
        }
        let visitor = ConnectedClient(peer: peer, address: address, object: request.object, connection: id)
        let data = try validate(visitor, frame, format)
        let proof = try epoch.authenticator.makeServerProof(
            answering: request.proof, to: peer, protocolVersion: frame.version.rawValue,
            object: request.object, channel: facts)
        var answer = Frame(
            version: frame.version, type: .connectOK,
            flags: frame.version == .v48 && wantsMetadata ? .metaOnConnect : [], sequence: frame.sequence,
            serializer: frame.serializer, correlationID: frame.correlationID ?? .random(),
            payload: ByteBuffer(
                bytes: try HandshakeMessage.answer(
                    proof: proof, metadata: metadata, version: frame.version, as: format)))
        answer.annotations[.handshakeData] = data
        var kind = PeerKind.pyro
        if let announced = try frame.annotations.announcement() {
            let ours = LanternAnnouncement(features: LanternAnnouncement.spoken)
            answer.annotations[.lantern] = ours.data
            answer.annotations[.auditCheckpoint] = core.audit?.handout.map { ByteBuffer(bytes: $0) }
            kind = .lantern(
                LanternAnnouncement(features: announced.features.intersection(ours.features)))
            decoder.acceptsExtensions = true
        }
        let stamp = try admit(peer, keyEpoch: epoch)
        session.authenticated(peer, kind)
        judge = CallJudge(
            core: core, peer: peer, kind: kind, address: address, connection: id, instances: instances,
            references: ServerReferences(
                core: core, peer: peer, kind: kind, version: frame.version,
                host: context?.channel.remoteAddress?.ipAddress.flatMap { CallerHost($0) }, mailbox: mailbox),
            epoch: stamp)
        authenticationDone()
        client = visitor
        core.meters?.admitted.increment()
        core.hooks.clientConnected?(visitor)
        logger.debug(
            "peer authenticated",
            metadata: [
                "identity": "\(peer.identity)", "key": "\(peer.keyID)",
                "key-exchange": "\(peer.keyExchange ?? "unknown")",
            ])
        send(answer)
    }

    /// Lets the program look at the value that the client sent along, which nobody has read before.
    ///
    /// - Returns: the value to send back, encoded; nil for none.
    private func validate(
        _ visitor: ConnectedClient, _ frame: Frame, _ format: SerializerFormat
    ) throws -> ByteBuffer? {
        guard let validate = core.hooks.validateHandshake else { return nil }
        do {
            let value = try frame.annotations[.handshakeData].map { data in
                try decode(Array(buffer: data), as: format, limits: HandshakeMessage.limits)
            }
            let answer = try validate(visitor, value ?? .none)
            guard !answer.isNone else { return nil }
            let bytes = try encode(answer, as: format)
            guard bytes.count <= HandshakeMessage.maximumData else {
                throw LanternError(
                    .misuse, "the answer to a handshake has more than \(HandshakeMessage.maximumData) bytes")
            }
            return ByteBuffer(bytes: bytes)
        } catch {
            throw HandshakeRefusal(reason: error)
        }
    }

    /// CONNECTFAIL, then the end. Before its serializer is known to fit, Pyro sends the text in marshal.
    func refuse(_ text: String, answering frame: Frame?, as reason: DaemonMeters.HandshakeReason) {
        core.meters?.refused(reason)
        let version = frame?.version ?? decoder.version ?? .v502
        let format = frame?.serializer.format ?? .marshal
        if let payload = try? encode(.text(text), as: format) {
            send(
                Frame(
                    version: version, type: .connectFail, sequence: frame?.sequence ?? 0,
                    serializer: format.wire, payload: ByteBuffer(bytes: payload)))
        }
        end("refused: \(text)")
    }

    /// A message that is no message: before the handshake it is answered as Pyro does, later it ends all.
    func refuseBadFrame(_ error: any Error) {
        guard case .waitingForConnect = session.state, let error = error as? WireError else {
            return end("\(error)")
        }
        refuse(error.detail, answering: nil, as: .malformed)
    }
}

extension LanternAnnouncement {
    /// What this version of Lantern speaks beyond Pyro.
    static var spoken: Features {
        [
            .multiplexedCalls, .cancellation, .deadlines, .pushedStreams, .traceContext, .drainNotice,
            .keepAlive, .callbacks,
        ]
    }
}

/// The program's own no to a client.
private struct HandshakeRefusal: Error {
    let reason: any Error

    /// What the client is told.
    var text: String {
        guard let error = reason as? RemoteError else { return "connection refused" }
        return String(error.message.prefix(512))
    }
}
