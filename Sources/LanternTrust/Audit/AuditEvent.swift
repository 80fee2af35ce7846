/// One decision or operation, as the audit log keeps it.
///
/// Plain text on purpose: the log must be readable without this package. Every text is bounded when it is
/// written (see ``AuditEvent/line``), so a peer cannot make an entry larger than a bundle can hold.
public struct AuditEvent: Sendable, Hashable {
    /// Milliseconds since 1970, UTC.
    public var time: Int64
    /// The identity as policy matches it: `spiffe://…` or `dns:host`.
    public var actor: String
    /// The handshake key that the peer proved.
    public var keyID: String
    /// SHA-256 of the peer's certificate, in hexadecimal.
    public var fingerprint: String
    /// Where the connection came from.
    public var address: String
    public var object: String
    public var method: String
    /// What the operation was about, for instance the registered name.
    public var target: String
    /// `permit` or `deny`, and whatever else the caller's policy says.
    public var decision: String
    /// The policy rule that decided, as file and line.
    public var rule: String
    /// The trust epoch that the decision was made under; 0 where there is none.
    public var epoch: UInt64
    /// How it ended: `ok`, or the name of the error.
    public var result: String
    public var correlationID: String

    public init(
        time: Int64, actor: String, keyID: String = "", fingerprint: String = "", address: String = "",
        object: String = "", method: String = "", target: String = "", decision: String = "",
        rule: String = "", epoch: UInt64 = 0, result: String = "", correlationID: String = ""
    ) {
        self.time = time
        self.actor = actor
        self.keyID = keyID
        self.fingerprint = fingerprint
        self.address = address
        self.object = object
        self.method = method
        self.target = target
        self.decision = decision
        self.rule = rule
        self.epoch = epoch
        self.result = result
        self.correlationID = correlationID
    }
}
