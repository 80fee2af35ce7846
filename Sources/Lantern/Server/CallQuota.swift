import LanternTrust

/// What one connection's peer may still use, asked once for each call. Costs nothing where no policy has quotas.
struct CallQuota {
    private var policy: PolicyTable?
    private var account: QuotaAccount?

    /// - Returns: nil when the peer has no quota.
    /// - Throws: ``QuotaRefusal``.
    mutating func begin(
        _ peer: AuthenticatedPeer, bytes: @autoclosure () -> Int, under policy: PolicyTable,
        ledger: QuotaLedger
    ) throws(QuotaRefusal) -> QuotaLease? {
        guard policy.hasQuotas else { return nil }
        if self.policy !== policy {
            account = try ledger.account(of: peer.identity, under: policy)
            self.policy = policy
        }
        guard let account else { return nil }
        return try account.begin(bytes: bytes())
    }
}

extension CallExecution.Outcome {
    /// What is sent back, in bytes.
    var size: Int {
        switch self {
        case .result(let payload), .batch(let payload), .exception(let payload): payload.count
        case .stream(_, let placeholder): placeholder.count
        case .annotated(let outcome, _): outcome.size
        case .pushed, .opened, .silence: 0
        }
    }
}
