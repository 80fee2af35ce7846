import LanternValue
import NIOCore
import NIOEmbedded
import Synchronization

@testable import Lantern
@testable import LanternTrust
@testable import LanternWire

/// A daemon's end, past the handshake.
///
/// The first byte of an input: 1 a Pyro peer, 2 v48, 4 results compressed.
struct ServerSide {
    private static let handlers = 8
    private let core: DaemonCore
    private let connection: ServerConnection
    private let stage: Stage
    private let isOver: Flag

    init(_ first: UInt8) throws {
        let version: WireVersion = first & 2 == 0 ? .v502 : .v48
        let kind: PeerKind =
            first & 1 == 0 ? .lantern(LanternAnnouncement(features: LanternAnnouncement.spoken)) : .pyro
        var limits = DaemonLimits()
        limits.handlers = Self.handlers
        limits.handlersPerConnection = 4
        limits.messageSize = 1 << 20
        // One-way calls run on after the connection until their time is over.
        limits.callTimeout = .milliseconds(50)
        limits.streamLinger = .zero
        limits.pushedStreams.windowItems = 100
        limits.pushedStreams.windowBytes = 4_096
        limits.pushedStreams.itemSize = 1_024
        core = try DaemonCore(
            limits: limits, trust: Company.client.trust, policy: Company.allowed,
            errors: ErrorTranslator(), audit: nil, logger: Company.logger, compressesAnswers: first & 4 != 0)
        core.place.withLock { $0.client = Company.client }
        try core.registry.register(
            Self.object("target", TargetService(), as: (any Target).self, onLoop: true), replacing: false)
        try core.registry.register(
            Self.object("other", TargetService(), as: (any Target).self, onLoop: false), replacing: false)

        let isOver = Flag()
        self.isOver = isOver
        stage = Stage(version: version)
        connection = ServerConnection(
            core: core, address: "fuzz", eventLoop: stage.loop, epoch: core.trust.current
        ) { _, _ in isOver.set() }
        try stage.enter(connection)
        let peer = Company.peer
        _ = connection.session.tlsEstablished(Company.ends.client.certificate, Company.facts)
        connection.session.authenticated(peer, kind)
        connection.decoder.acceptsExtensions = kind.isLantern
        connection.judge = CallJudge(
            core: core, peer: peer, kind: kind, address: "fuzz", connection: connection.id,
            instances: connection.instances,
            references: ServerReferences(
                core: core, peer: peer, kind: kind, version: version, host: nil, mailbox: connection.mailbox))
        connection.authenticationDone()
    }

    private static func object<Contract: Sendable>(
        _ id: String, _ object: Contract, as type: Contract.Type, onLoop: Bool,
        contract: RemoteContract<Contract> = #remoteContract()
    ) -> RegisteredObject {
        RegisteredObject(
            id: id, target: ContractTarget(contract, provider: .shared(object)),
            options: ObjectOptions(execution: onLoop ? .onLoop : .concurrent, acceptsForwardedBlobs: onLoop))
    }

    func play(_ script: Script) throws {
        var calls = 0
        var answers = 0
        for step in script {
            for frame in stage.play(step, adjust: { if $0.type == .invoke { calls += 1 } })
            where frame.type == .result { answers += 1 }
            // Messages in bytes that are none by the script's count may hold more calls.
            if case .bytes = step { calls = .max / 2 }
            guard answers <= calls else { fatalError("\(answers) answers to \(calls) calls") }
        }
        stage.channel.isWritable = true
        stage.end(until: { isOver.isSet && placesAreFree() && core.streams.places.count == 0 }, or: leftOver)
    }

    private var leftOver: String {
        "after the end: \(core.streams.places.count) streams, places free: \(placesAreFree())"
    }

    /// Whether all handlers have given their places back.
    private func placesAreFree() -> Bool {
        var taken = 0
        while taken < Self.handlers, core.budget.tryTake(orWait: { false }) { taken += 1 }
        for _ in 0..<taken { core.budget.give() }
        return taken == Self.handlers
    }
}
