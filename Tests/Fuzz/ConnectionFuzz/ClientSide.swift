import LanternTLS
import LanternValue
import NIOCore
import NIOEmbedded
import Synchronization

@testable import Lantern
@testable import LanternTrust
@testable import LanternWire

/// A client's end, with calls under way and an object that it handed out.
///
/// The first byte of an input: 1 a Pyro server, 2 v48, 4 more calls.
struct ClientSide {
    /// Stands in inputs for the id of the object that was handed out, which is never the same.
    private static let placeholder = Array("callback.Target.00000000000000000000000000000000".utf8)

    private let stage: Stage
    private let link: ConnectionLink
    private let references: ClientReferences
    private let underWay = Counter()
    private let objectID: [UInt8]?

    init(_ first: UInt8) throws {
        let version: WireVersion = first & 2 == 0 ? .v502 : .v48
        var options = ProxyOptions()
        options.generation = version == .v48 ? .pyro4 : .pyro5
        options.maximumMessage = 1 << 20
        options.streamLimits.windowItems = 100
        options.streamLimits.windowBytes = 4_096
        options.streamLimits.itemSize = 1_024
        stage = Stage(version: version)
        link = ConnectionLink(eventLoop: stage.loop)
        references = ClientReferences(client: Company.client, options: options, version: version)
        let promise = stage.embedded.makePromise(of: ClientHandshake.Result.self)
        promise.futureResult.whenComplete { _ in }
        let handler = ClientChannelHandler(
            handshake: ClientHandshake(
                object: "target", address: "fuzz", options: options,
                authenticator: Company.ends.client.authenticator, errors: ErrorTranslator()),
            promise: promise, link: link, keepAlive: KeepAliveSettings(), references: references,
            id: .next(), epoch: Company.client.trust.current)
        try stage.enter(handler)
        stage.channel.pipeline.fireUserInboundEventTriggered(
            TLSEvent.established(Company.ends.server.certificate, Company.facts))
        stage.turn()
        let isPyro = first & 1 != 0
        for request in stage.answers() { try stage.send(Self.answer(request, isPyro: isPyro)) }
        objectID = try? Self.handOut(TargetService(), as: (any Target).self, references)
        for number in 0..<(first & 4 == 0 ? 2 : 6) { call(number, options) }
        stage.turn()
    }

    private static func handOut<Contract: Sendable>(
        _ object: Contract, as type: Contract.Type, _ references: ClientReferences,
        contract: RemoteContract<Contract> = #remoteContract()
    ) throws -> [UInt8] {
        Array(try references.handedOut.handOut(object, contract).id.utf8)
    }

    /// The server's right answer to CONNECT.
    private static func answer(_ request: Frame, isPyro: Bool) throws -> Frame {
        guard let format = request.serializer.format else {
            throw LanternError(.protocolViolation, "no format")
        }
        let asked = try HandshakeMessage.Request(reading: Array(buffer: request.payload), format: format)
        let authenticator = Company.ends.server.authenticator
        let peer = try authenticator.acceptClient(
            asked.proof, protocolVersion: request.version.rawValue, object: asked.object,
            channel: Company.facts,
            peer: Company.ends.client.certificate)
        let proof = try authenticator.makeServerProof(
            answering: asked.proof, to: peer, protocolVersion: request.version.rawValue, object: asked.object,
            channel: Company.facts)
        let metadata = HandshakeMessage.Metadata(methods: ["echo"], oneway: [], attributes: [])
        var frame = Frame(
            version: request.version, type: .connectOK, flags: request.version == .v48 ? .metaOnConnect : [],
            serializer: request.serializer,
            payload: ByteBuffer(
                bytes: try HandshakeMessage.answer(
                    proof: proof, metadata: metadata, version: request.version, as: format)))
        if !isPyro {
            frame.annotations[.lantern] = LanternAnnouncement(features: LanternAnnouncement.spoken).data
        }
        return frame
    }

    /// Starts a call, with a stream as argument now and then, and reads the stream that its answer may bring.
    private func call(_ number: Int, _ options: ProxyOptions) {
        let format = SerializerFormat.allCases[number % SerializerFormat.allCases.count]
        let frame = Frame(
            version: (options.generation ?? .pyro5).wire, type: .invoke,
            flags: number == 5 ? .oneway : [], serializer: format.wire,
            correlationID: CorrelationID(high: 1, low: UInt64(number)))
        let call = PendingCall(
            frame: frame, body: Array("call".utf8),
            deadline: .now.advanced(by: .seconds(number == 4 ? 0 : 60)))
        if number % 2 == 1 {
            var source = OutgoingSource { try await $0.send(0..<50) { try $0.write(to: &$1) } }
            source.executor = link.executor
            call.streams = [source]
        }
        underWay.up()
        Task.immediateDetached(executorPreference: link.executor) { [underWay, link] in
            defer { underWay.down() }
            let answer = try? await withUnsafeThrowingContinuation { continuation in
                call.continuation = continuation
                if !link.mailbox.post(.call(call)) { call.resume(.failure(CancellationError())) }
            }
            guard answer != nil, let stream = call.pushed else { return }
            while let chunk = try? await stream.next() { _ = try? chunk.decoded { try $0.readValue() } }
        }
    }

    func play(_ script: Script) throws {
        for step in script {
            _ = stage.play(step) { frame in
                if let objectID { frame.payload = frame.payload.replacing(Self.placeholder, with: objectID) }
            }
        }
        stage.channel.isWritable = true
        stage.end(until: { underWay.value == 0 }, or: "after the end \(underWay.value) calls wait")
    }
}

/// Calls that have not ended.
private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }
    func up() { count.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func down() { count.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
}

extension ByteBuffer {
    /// The same bytes with one row of them, wherever it stands, replaced by another of the same length.
    fileprivate func replacing(_ old: [UInt8], with new: [UInt8]) -> ByteBuffer {
        guard old.count == new.count, readableBytes >= old.count else { return self }
        var bytes = Array(buffer: self)
        var index = 0
        while index + old.count <= bytes.count {
            if bytes[index] == old[0], bytes[index..<index + old.count].elementsEqual(old) {
                bytes.replaceSubrange(index..<index + old.count, with: new)
                index += old.count
            } else {
                index += 1
            }
        }
        return ByteBuffer(bytes: bytes)
    }
}
