import Lantern
import LanternTrust

/// What is known of one key of a home.
struct KeyRow {
    enum Place: String {
        case own, next, previous, authorized
    }

    let place: Place
    let id: String
    let algorithm: HandshakeAlgorithm
    let role: HandshakeRole?
    let identities: [String]
    let validity: KeyValidity
    /// Seconds since 1970; nil when it was never seen.
    let lastUse: Int64?

    /// Every key of a home with its last use.
    static func all(of home: LanternHome) throws -> [KeyRow] {
        let ring = try Keyring(directory: home.keysDirectory)
        let uses = try KeyUseFile(path: home.keyUseFile).read()
        let last = { (id: String, users: [KeyUse.User]) in
            users.compactMap { uses[KeyUse.Entry(keyID: id, user: $0)] }.max()
        }
        let ours: [(Place, HandshakeKey?)] = [
            (.own, ring.own), (.next, ring.next), (.previous, ring.previous),
        ]
        return ours.compactMap { place, key in
            key.map { key in
                KeyRow(
                    place: place, id: key.id, algorithm: key.algorithm, role: key.role,
                    identities: key.identities, validity: key.validity,
                    // Peers use a shared key, too.
                    lastUse: last(key.id, key.algorithm == .hmac ? KeyUse.User.allCases : [.own]))
            }
        }
            + ring.authorized.map { key in
                KeyRow(
                    place: .authorized, id: key.id, algorithm: key.algorithm, role: key.role,
                    identities: key.identities, validity: key.validity,
                    lastUse: last(key.id, [.client, .server]))
            }
    }

    var standing: KeyValidity.Standing { validity.standing(at: wallClockMilliseconds()) }

    static let header = ["KEY", "ID", "ALGORITHM", "ROLE", "FOR", "VALID", "LAST USED"]

    var cells: [String] {
        [
            place.rawValue, id, algorithm.rawValue, role?.rawValue ?? "any",
            identities.isEmpty ? "-" : Shown.text(identities.joined(separator: " ")), window,
            lastUse.map(Timestamp.text) ?? "never",
        ]
    }

    private var window: String {
        switch standing {
        case .notYet: "not before " + Timestamp.text(validity.notBefore ?? 0)
        case .over: "EXPIRED " + Timestamp.text(validity.notAfter ?? 0)
        case .current: validity.notAfter.map { "until " + Timestamp.text($0) } ?? "always"
        }
    }

    var value: Value {
        let time = { (seconds: Int64?) in seconds.map { Value.text(Timestamp.text($0)) } ?? Value.none }
        return .map([
            ValuePair("key", .text(place.rawValue)), ValuePair("id", .text(id)),
            ValuePair("algorithm", .text(algorithm.rawValue)),
            ValuePair("role", .text(role?.rawValue ?? "any")),
            ValuePair("identities", .list(identities.map(Value.text))),
            ValuePair("not-before", time(validity.notBefore)),
            ValuePair("not-after", time(validity.notAfter)),
            ValuePair("standing", .text(standing.rawValue)), ValuePair("last-used", time(lastUse)),
        ])
    }
}
