import Glibc
import Lantern
import LanternTLS
import LanternTrust
import LanternWire

/// Connects to peers as a client of the home would, and says where it fails.
struct PeerExamination {
    let home: LanternHome

    /// Clocks further apart than this are worth a word; a handshake takes 300 s, Python's 30.
    static let clockTolerance = Duration.seconds(5)

    func findings(uris: [String], asksNameServer: Bool) async -> [DoctorFinding] {
        let settings: Settings
        let client: Client
        do {
            settings = try Settings.load(home)
            client = try Client(settings: settings)
        } catch {
            return [
                .wrong(
                    "home-unusable", "peer",
                    "no peer can be asked with this home: \(ErrorText.text(of: error))",
                    file: home.path, do: "mend the home first")
            ]
        }
        var found: [DoctorFinding] = []
        if asksNameServer {
            found += await nameServer(client)
        }
        for uri in uris { found += await findings(of: uri, expecting: nil, client) }
        await client.shutdown()
        return found
    }

    /// Every place where the name server would be looked for.
    private func nameServer(_ client: Client) async -> [DoctorFinding] {
        do {
            var found: [DoctorFinding] = []
            for place in try await client.nameServerLocator().places(within: .seconds(10)) {
                let uri = "PYRO:Pyro.NameServer@\(place.location)"
                found += await findings(of: uri, expecting: place.identity, client)
            }
            return found
        } catch {
            return [PeerFault(home: home, part: "peer name server").finding(error)]
        }
    }

    private func findings(of text: String, expecting identity: String?, _ client: Client) async
        -> [DoctorFinding]
    {
        let part = "peer \(Shown.text(String(text.prefix(120))))"
        do {
            let uri = try PyroURI(text)
            if uri.scheme == .object, case .host(let host, _) = uri.location, !Self.resolves(host) {
                return [
                    .wrong(
                        "peer-unknown-host", part, "the host name '\(host)' is not known here",
                        file: "/etc/hosts", do: "mend DNS or /etc/hosts", status: .unavailable)
                ]
            }
            var options = client.settings.proxies
            options.retries = 0
            options.expectedIdentity = identity ?? options.expectedIdentity
            let proxy = try client.dynamicProxy(text, options: options).remote
            defer { proxy.close() }
            return try await look(at: proxy, part)
        } catch {
            return [PeerFault(home: home, part: part).finding(error)]
        }
    }

    private func look(at proxy: RemoteProxy, _ part: String) async throws -> [DoctorFinding] {
        let start = ContinuousClock.now
        try await proxy.connect()
        let connected = ContinuousClock.now - start
        let peer = try await proxy.peer()
        let ahead = try await proxy.clockAhead()
        let methods = try await proxy.callableMethods()
        var found: [DoctorFinding] = [
            .ok(
                part,
                "\(peer.identity), key '\(peer.keyID)', certificate until "
                    + "\(Dates.text(peer.certificate.notAfter)), "
                    + "key exchange \(Self.keyExchange(of: peer)), "
                    + "connected in \((connected / .milliseconds(1)).rounded()) ms")
        ]
        if ahead > Self.clockTolerance || ahead < .zero - Self.clockTolerance {
            let seconds = Int64((ahead / .seconds(1)).rounded())
            found.append(
                .warning(
                    "clock-skew", part,
                    "its clock is \(seconds.magnitude) s \(seconds > 0 ? "ahead of" : "behind") ours; a handshake "
                        + "allows 300 s, of Python peers 30 s", do: "let both follow a time server"))
        }
        if methods.isEmpty {
            found.append(
                .warning(
                    "nothing-callable", part, "its policy lets us call no method there",
                    do: "policy.yaml of the peer"))
        } else {
            found.append(.ok(part, "we may call: \(methods.sorted().prefix(12).joined(separator: ", "))"))
        }
        return found
    }

    private static func keyExchange(of peer: AuthenticatedPeer) -> String {
        guard let group = peer.keyExchange else { return "of an unknown group" }
        return peer.hasPostQuantumKeyExchange ? "\(group) (post-quantum)" : "\(group) (not post-quantum)"
    }

    private static func resolves(_ host: String) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return false }
        freeaddrinfo(list)
        return true
    }
}
