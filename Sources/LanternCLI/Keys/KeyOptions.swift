import ArgumentParser
import Glibc
import Lantern
import LanternTrust

/// `--not-before`, `--not-after`, `--days`: when a key may be used.
struct ValidityOptions: ParsableArguments {
    @Option(help: "Valid from this time on, in UTC: 2026-11-23T00:00:00Z. (default: always)")
    var notBefore: String?
    @Option(help: "Valid until this time. (default: for ever)")
    var notAfter: String?
    @Option(help: "Valid for so many days from now, in place of --not-after.")
    var days: Int?

    func validate() throws {
        if days != nil, notAfter != nil { throw ValidationError("--days or --not-after, not both") }
        if let days, !(1...36_500).contains(days) { throw ValidationError("--days is 1 to 36500") }
        for (name, text) in [("--not-before", notBefore), ("--not-after", notAfter)] {
            if let text, Timestamp.seconds(text) == nil {
                throw ValidationError("\(name) is a time in UTC, as in 2026-11-23T00:00:00Z, not '\(text)'")
            }
        }
        if let from = validity.notBefore, let until = validity.notAfter, from > until {
            throw ValidationError("the key would end before it begins")
        }
    }

    /// What the options say, or nil when they say nothing.
    var chosen: KeyValidity? { validity == .always ? nil : validity }

    var validity: KeyValidity {
        KeyValidity(
            notBefore: notBefore.flatMap(Timestamp.seconds),
            notAfter: notAfter.flatMap(Timestamp.seconds)
                ?? days.map { Int64(time(nil)) + Int64($0) * 86_400 })
    }
}

/// `--role`: at which end of a connection the holder of a key may use it.
enum RoleOption: String, ExpressibleByArgument, CaseIterable {
    case client, server, any

    var role: HandshakeRole? { HandshakeRole(rawValue: rawValue) }
}

/// `--algorithm` of a handshake key.
enum AlgorithmOption: String, ExpressibleByArgument, CaseIterable {
    case ed25519
    case hmac = "hmac-sha512-256"

    var algorithm: HandshakeAlgorithm { self == .hmac ? .hmac : .ed25519 }
}

extension LanternHome {
    var keys: KeyDirectory { KeyDirectory(path: keysDirectory) }
}
