import LanternTrust
import LanternWire

/// The answers to one question by broadcast, judged as they come: no socket, no clock.
struct BroadcastSearch: Sendable {
    struct Found: Sendable, Hashable {
        let location: PyroURI.Location
        /// Who signed the answer; the server there must prove to be the same.
        let identity: PeerIdentity
    }

    /// How many answers are looked at; whoever sends more hides the right one, but costs no more.
    static let maximumAnswers = 64
    private static let reasonsKept = 8

    let ask: DiscoveryAsk
    private let keyring: Keyring
    private let expected: String?
    private(set) var answers = 0
    /// Why answers were not believed: the first few different reasons.
    private(set) var refusals: [String] = []

    init(ask: DiscoveryAsk, keyring: Keyring, expected: String?) {
        self.ask = ask
        self.keyring = keyring
        self.expected = expected
    }

    /// Whether no more answers are looked at.
    var isExhausted: Bool { answers >= Self.maximumAnswers }

    /// Where the name server is, if this answer may be believed.
    ///
    /// - Parameter milliseconds: now, since 1970.
    mutating func take(_ datagram: [UInt8], at milliseconds: Int64) -> Found? {
        guard !isExhausted else { return nil }
        answers += 1
        do throws(TrustError) {
            let answer = try DiscoveryAnswer(reading: datagram)
            let identity = try keyring.judge(
                answer, asked: ask, expecting: expected, at: milliseconds)
            return Found(location: try Self.location(in: answer.uri), identity: identity)
        } catch {
            let reason = error.description
            if refusals.count < Self.reasonsKept, !refusals.contains(reason) { refusals.append(reason) }
            return nil
        }
    }

    private static func location(in text: String) throws(TrustError) -> PyroURI.Location {
        guard let uri = try? PyroURI(text), uri.scheme == .object, uri.object == "Pyro.NameServer",
            case .host(let host, let port)? = uri.location
        else {
            throw TrustError(.malformedAnswer, "the answer does not name a name server on a host and port")
        }
        return .host(host, port: port)
    }
}
