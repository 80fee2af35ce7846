import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import NIOCore

/// Makes a client's CONNECT and judges the answer; lives on the connection's event loop.
final class ClientHandshake {
    struct Result: Sendable {
        let peer: AuthenticatedPeer
        let kind: PeerKind
        let metadata: HandshakeMessage.Metadata
        /// What the far side's program answered to ours.
        let data: Value?
        let version: WireVersion
        /// How far the far side's clock is ahead of ours, as its proof says; the way it took is in it.
        let clockAhead: Duration
        /// What it shows of its audit log; not looked at yet.
        let auditCheckpoint: [UInt8]?
    }

    /// The far side speaks the other generation only.
    struct OtherGeneration: Error, CustomStringConvertible {
        let generation: PyroGeneration
        var description: String { "it speaks \(generation)" }
    }

    let address: String
    let version: WireVersion
    let frameLimits: FrameLimits
    /// How long a silent peer has to answer a ping.
    let probeTimeout: Duration
    let streamLimits: StreamLimits
    /// For the errors that end streams.
    let errors: ErrorTranslator
    private let object: String
    private let data: Value?
    /// What we speak beyond Pyro.
    private let features: LanternAnnouncement.Features
    private let format: SerializerFormat
    private let authenticator: Authenticator
    /// Set when CONNECT was sent: what the answer must fit.
    private var sent: (proof: HandshakeProof, peer: PeerCertificate, facts: ChannelFacts)?

    init(
        object: String, address: String, options: ProxyOptions, authenticator: Authenticator,
        errors: ErrorTranslator
    ) {
        self.object = object
        self.address = address
        self.authenticator = authenticator
        data = options.handshake
        version = (options.generation ?? .pyro5).wire
        self.errors = errors
        probeTimeout = options.connectTimeout
        format = options.serializer
        let spoken = LanternAnnouncement.spoken
        features = options.streamDelivery == .pushed ? spoken : spoken.subtracting(.pushedStreams)
        frameLimits = FrameLimits(
            maximumMessage: options.maximumMessage, maximumInflated: options.maximumMessage)
        var streams = options.streamLimits
        streams.itemSize = min(streams.itemSize, options.maximumMessage - StreamItems.headSize)
        streamLimits = streams
    }

    /// The CONNECT for this TLS connection.
    ///
    /// A Lantern server is known by its ALPN answer and gets a proof over this very connection; a Python peer, which
    /// cannot see the exporter, gets one over both certificates.
    func request(peer: PeerCertificate, facts: ChannelFacts) throws -> Frame {
        let proof = try authenticator.makeClientProof(
            protocolVersion: version.rawValue, object: object, channel: facts, binding: facts.bestBinding)
        sent = (proof, peer, facts)
        var annotations = Annotations()
        annotations[.lantern] = LanternAnnouncement(features: features).data
        annotations[.handshakeData] = try data.map { data in
            let bytes = try encode(data, as: format)
            guard bytes.count <= HandshakeMessage.maximumData else {
                throw LanternError(
                    .misuse, "a handshake value has at most \(HandshakeMessage.maximumData) bytes")
            }
            return ByteBuffer(bytes: bytes)
        }
        let body = HandshakeMessage.Request(proof: proof, object: object)
        return Frame(
            version: version, type: .connect, flags: version == .v48 ? .metaOnConnect : [],
            serializer: format.wire, annotations: annotations,
            payload: ByteBuffer(bytes: try body.encoded(as: format)))
    }

    /// - Throws: ``LanternError/Code/connectionRefused`` with the far side's text, or
    ///   ``LanternError/Code/authenticationFailed`` when the answer does not prove who it is. The cause is
    ///   ``OtherGeneration`` when the far side cannot read what we speak.
    func answer(_ frame: Frame) throws -> Result {
        guard let sent else { throw LanternError(.protocolViolation, "an answer before the question") }
        if frame.type == .connectFail, frame.version != version {
            let other = OtherGeneration(generation: PyroGeneration(frame.version))
            throw LanternError(
                .connectionRefused, "\(address) does not speak \(PyroGeneration(version))", cause: other)
        }
        guard frame.version == version, let format = frame.serializer.format else {
            throw LanternError(.protocolViolation, "\(address) answered CONNECT in an unknown form")
        }
        let body = try decode(Array(buffer: frame.payload), as: format, limits: HandshakeMessage.answerLimits)
        if frame.type == .connectFail {
            let text = body.textValue ?? "no reason given"
            // Pyro's daemons and ours say so when they have all the connections that they take.
            let isFull = text.hasPrefix("no free workers")
            throw LanternError(
                isFull ? .overloaded : .connectionRefused,
                "connection to \(address) rejected: \(text.prefix(512))")
        }
        guard let data = body["handshake"], let proof = HandshakeProof(value: data) else {
            throw LanternError(
                .authenticationFailed,
                "\(address) answered without a signed handshake; is it a Lantern daemon, or run by lantern_pyro?"
            )
        }
        let peer: AuthenticatedPeer
        do {
            peer = try authenticator.acceptServer(
                proof, answering: sent.proof, protocolVersion: version.rawValue, object: object,
                channel: sent.facts, peer: sent.peer)
        } catch {
            throw LanternError(
                .authenticationFailed, "\(address) did not prove that it has an authorised handshake key",
                cause: error)
        }
        guard let metadata = body["meta"].flatMap(HandshakeMessage.Metadata.init) else {
            throw LanternError(.protocolViolation, "\(address) answered without metadata")
        }
        let announced = try frame.annotations.announcement()
        let kind = announced.map {
            PeerKind.lantern(
                LanternAnnouncement(features: $0.features.intersection(features)))
        }
        let answered = try frame.annotations[.handshakeData].map {
            try decode(Array(buffer: $0), as: format, limits: HandshakeMessage.limits)
        }
        return Result(
            peer: peer, kind: kind ?? .pyro, metadata: metadata, data: answered, version: version,
            clockAhead: .milliseconds(proof.time &- wallClockMilliseconds()),
            auditCheckpoint: frame.annotations[.auditCheckpoint].map { Array(buffer: $0) })
    }
}
