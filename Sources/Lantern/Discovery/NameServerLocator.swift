import LanternTrust
public import LanternWire
import NIOCore

/// Finds the name server when nobody says where it is, step by step; the first step that has an answer decides.
///
/// | step | where | deadline |
/// |:-----|:------|:---------|
/// | ``Step/argument`` | what the program or `--at` says | none needed |
/// | ``Step/settings`` | `name-server` of `lantern.yaml` | none needed |
/// | ``Step/environment`` | the variable `LANTERN_NAME_SERVER` | none needed |
/// | ``Step/dns`` | SRV records of `name-server.domain` | 3 seconds |
/// | ``Step/broadcast`` | a signed answer to a broadcast, where `broadcast.ask` is on | 2 seconds |
/// | ``Step/standard`` | `localhost:9090`, when no domain is set and broadcasts are not asked | none needed |
///
/// What is found is a hint of an address and nothing more: certificate, signed handshake and expected identity decide
/// whether the server there is believed.
public struct NameServerLocator: Sendable {
    public enum Step: String, Sendable, Hashable, CaseIterable {
        case argument, settings, environment, dns, broadcast, standard
    }

    /// Where a name server may be.
    public struct Place: Sendable, Hashable {
        public let location: PyroURI.Location
        /// The identity that the server there must have, as ``ProxyOptions/expectedIdentity``.
        public let identity: String?
        /// What its certificate must be for, when not for the host, as ``ProxyOptions/serverName``.
        public let serverName: String?
    }

    public enum Outcome: Sendable, Hashable {
        /// In the order in which they are to be tried; at least one.
        case found([Place])
        /// Looked, and found nothing that can be believed; why.
        case nothing(String)
        /// Not configured.
        case skipped(String)
    }

    public struct Finding: Sendable, Hashable {
        public let step: Step
        public let outcome: Outcome
        public let time: Duration
    }

    /// What stands in front of the domain.
    static let service = "_lantern._tcp."
    /// How many of the places that DNS names are tried.
    static let maximumPlaces = 8
    package static let environmentVariable = "LANTERN_NAME_SERVER"

    private let settings: Settings
    private let keyring: Keyring
    private let argument: PyroURI.Location?

    /// - Parameter location: what counts before everything else, if somebody said so.
    public init(settings: Settings, at location: PyroURI.Location? = nil) {
        self.init(settings: settings, keyring: settings.keyring, at: location)
    }

    /// - Parameter keyring: the one in force, by which answers to broadcasts are judged.
    init(settings: Settings, keyring: Keyring, at location: PyroURI.Location? = nil) {
        self.settings = settings
        self.keyring = keyring
        argument = location
    }

    /// The places of the first step that has any.
    ///
    /// - Parameter time: for all steps together; each has its own deadline within it.
    /// - Throws: ``LanternError/Code/connectFailed`` with what each step said; `CancellationError`.
    public func places(within time: Duration) async throws -> [Place] {
        let end = ContinuousClock.now.advanced(by: time)
        var reasons: [String] = []
        for step in Step.allCases {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            let finding = await finding(of: step, within: left)
            try Task.checkCancellation()
            switch finding.outcome {
            case .found(let places): return places
            case .nothing(let reason): reasons.append("\(step.rawValue): \(reason)")
            case .skipped: break
            }
        }
        throw LanternError(
            .connectFailed,
            "no name server was found; `lantern nsc locate` shows each step"
                + reasons.map { "; " + $0 }.joined())
    }

    /// What every step says, also those behind the one that decides.
    public func findings() async -> [Finding] {
        var findings: [Finding] = []
        for step in Step.allCases {
            findings.append(await finding(of: step, within: .seconds(60)))
        }
        return findings
    }

    /// What one step says.
    public func finding(of step: Step, within time: Duration) async -> Finding {
        let start = ContinuousClock.now
        let outcome: Outcome
        do {
            outcome = try await self.outcome(of: step, within: time)
        } catch let error as LanternError {
            outcome = .nothing(error.detail)
        } catch {
            outcome = .nothing("\(error)")
        }
        return Finding(step: step, outcome: outcome, time: ContinuousClock.now - start)
    }

    private func outcome(of step: Step, within time: Duration) async throws -> Outcome {
        let address = settings.nameServer
        switch step {
        case .argument:
            guard let argument else { return .skipped("not given") }
            // The expectations are those of the name server of the settings, and this is another one.
            return .found([Place(location: argument, identity: nil, serverName: nil)])
        case .settings:
            return address.isChosen ? .found([place(address.location)]) : .skipped("not configured")
        case .environment:
            guard let place = address.environmentPlace else {
                return .skipped("\(Self.environmentVariable) is not set")
            }
            return .found([self.place(place)])
        case .dns:
            guard let domain = address.domain else { return .skipped("no domain is configured") }
            return try await dns(domain, within: min(time, address.domainTimeout))
        case .broadcast:
            guard settings.broadcast.isAsking else { return .skipped("broadcasts are not asked") }
            return try await broadcast(within: min(time, settings.broadcast.timeout))
        case .standard:
            guard address.domain == nil, !settings.broadcast.isAsking else {
                return .skipped("other steps are configured")
            }
            return .found([place(NameServerAddress().location)])
        }
    }

    private func dns(_ domain: String, within time: Duration) async throws -> Outcome {
        let servers = settings.dnsServers.map { DNSServers($0) } ?? .ofThisHost()
        let client = DNSClient(servers: servers, group: settings.eventLoopGroup)
        let records = try await client.services(Self.service + domain, within: time)
        var generator = SystemRandomNumberGenerator()
        let order = ServiceRecord.order(records, using: &generator)
        guard !order.isEmpty else {
            return .nothing(
                records.isEmpty
                    ? "\(Self.service)\(domain) has no SRV records"
                    : "\(domain) says that it has no name server")
        }
        return .found(
            order.prefix(Self.maximumPlaces).map { place(.host($0.target, port: Int($0.port))) })
    }

    private func broadcast(within time: Duration) async throws -> Outcome {
        let search = BroadcastSearch(
            ask: try DiscoveryAsk(), keyring: keyring, expected: settings.nameServer.identity)
        let asker = BroadcastAsker(settings: settings.broadcast, group: settings.eventLoopGroup)
        let (found, refusals) = try await asker.find(search, within: time)
        guard let found else {
            return .nothing(
                refusals.isEmpty
                    ? "nobody answered" : "no answer can be believed: \(refusals.joined(separator: "; "))")
        }
        return .found([
            Place(
                location: found.location, identity: found.identity.description,
                serverName: settings.nameServer.serverName)
        ])
    }

    private func place(_ location: PyroURI.Location) -> Place {
        Place(
            location: location, identity: settings.nameServer.identity,
            serverName: settings.nameServer.serverName)
    }
}

extension NameServerAddress {
    /// Whether the name server is looked for at each connect, since nobody chose its place.
    package func isLookedFor(_ broadcast: BroadcastSettings) -> Bool {
        !isChosen && (environmentPlace != nil || domain != nil || broadcast.isAsking)
    }
}

extension Settings {
    /// Takes the place that the environment names. It counts only where the file chooses none, and what the server
    /// there must prove stays as it is.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when it is none.
    mutating func takeNameServer(from environment: [String: String]) throws {
        let variable = NameServerLocator.environmentVariable
        guard let text = environment[variable], !text.isEmpty else { return }
        guard let place = try? PyroURI("PYRONAME:x@\(text)").location else {
            throw LanternError(
                .configuration,
                "\(variable) is HOST:PORT, [ADDRESS]:PORT or ./u:PATH, not '\(text.prefix(64))'")
        }
        nameServer.environmentPlace = place
    }
}
