/// How a running program follows its certificates, keys, policy, roots and revocation lists.
public struct TrustSettings: Sendable, Hashable {
    /// Whether the files are read again when they change. ``Settings/load(_:)`` sets it; for settings that were made in
    /// code it follows the files of ``Settings/tls``.
    public var isWatching = false
    /// How often the files are looked at where the system tells of no change: network file systems, links that lead
    /// elsewhere. From 10 ms to one hour.
    public var pollInterval = Duration.milliseconds(500)
    /// How long changed files must rest before they are read, from 1 ms to 10 s: a pair is seldom written in one step.
    public var settleTime = Duration.milliseconds(50)
    /// How long a peer that is connected may stay after its certificate expired; up to one day. New connections have
    /// no grace.
    public var expiryGrace = Duration.zero
    /// How long before the end of a certificate or revocation list ``Daemon/health`` begins to warn, at most a third of
    /// its whole time; red from half of that on. From one second to ten years.
    public var warningTime = Duration.seconds(7 * 86_400)
    /// A client's connections move to a new certificate or key of its own within this time, each at another moment. Up
    /// to one hour.
    public var renewalJitter = Duration.seconds(10)

    /// Where handshake keys come from; nil when the keyring was given.
    package var keysDirectory: String?
    /// Where the policy comes from; nil when it was given.
    package var policyFile: String?
    /// Rules that are tried beside the policy.
    package var nextPolicyFile: String?
    /// What the policy was made of, when it came from the file.
    var policySource: PolicySource?
    /// The files as they were before they were read.
    var stamp: TrustStamp?

    public init() {}

    /// - Throws: ``LanternError/Code/configuration`` for a time that is out of bounds.
    func check() throws {
        let times: [(String, Duration, ClosedRange<Duration>)] = [
            ("poll", pollInterval, .milliseconds(10) ... .seconds(3_600)),
            ("settle", settleTime, .milliseconds(1) ... .seconds(10)),
            ("expiry-grace", expiryGrace, .zero ... .seconds(86_400)),
            ("warn-before", warningTime, .seconds(1) ... .seconds(3_650 * 86_400)),
            ("renewal-jitter", renewalJitter, .zero ... .seconds(3_600)),
        ]
        for (name, time, range) in times where !range.contains(time) {
            throw LanternError(
                .configuration, "trust.\(name) is \(time), not \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
