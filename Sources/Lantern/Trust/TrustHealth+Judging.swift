import LanternTLS

extension TrustHealth {
    /// - Parameter now: seconds since 1970.
    init(of epoch: TrustEpoch, failure: TrustFailure?, settings: TrustSettings, now: Int64) {
        let view = TrustView(epoch: epoch, window: settings.warningTime.components.seconds, now: now)
        var reasons: [Reason] = []
        if let failure {
            reasons.append(
                Reason(
                    status: .red, file: failure.file, detail: failure.detail,
                    advice:
                        "mend it; epoch \(epoch.number) stays in force since \(UTCTime.text(failure.since))"))
        }
        if let complaint = epoch.complaint {
            reasons.append(
                Reason(
                    status: .amber, file: settings.nextPolicyFile ?? "policy-next.yaml", detail: complaint,
                    advice: "mend it; the rules to be tried are passed over"))
        }
        reasons += view.ownCertificate() + view.keys() + view.roots() + view.revocationLists()
        self.init(epoch: epoch.number, loaded: epoch.loaded, reasons: reasons)
    }
}

/// One epoch at one moment.
private struct TrustView {
    let epoch: TrustEpoch
    /// Seconds; the longest warning.
    let window: Int64
    /// Seconds since 1970.
    let now: Int64

    /// How much a thing's end worries: amber within the warning time, which is no more than a third of its whole
    /// time, red within half of that and when it is over.
    private func status(from start: Int64, to end: Int64) -> TrustHealth.Status? {
        let (whole, isAbsurd) = end.subtractingReportingOverflow(start)
        let (left, isFar) = end.subtractingReportingOverflow(now)
        guard !isFar else { return end > now ? nil : .red }
        let warning = isAbsurd ? window : min(window, max(1, whole / 3))
        if left > warning { return nil }
        return left > warning / 2 ? .amber : .red
    }

    func ownCertificate() -> [TrustHealth.Reason] {
        let file = epoch.tls.settings.certificateChainFile
        var reasons: [TrustHealth.Reason] = []
        for (index, certificate) in epoch.ownChain.enumerated() {
            guard let status = status(from: certificate.notBefore, to: certificate.notAfter) else { continue }
            let which = index == 0 ? "our certificate" : "the intermediate certificate of our chain"
            reasons.append(
                .init(
                    status: status, file: file,
                    detail: "\(which) '\(certificate.subject)' \(ending(certificate.notAfter))",
                    advice: "put a new certificate and its key in place; nothing needs a restart",
                    shutsOut: certificate.notAfter <= now))
        }
        if let refusal = epoch.ownRefusal, refusal.code == .revoked {
            reasons.append(
                .init(
                    status: .red, file: file, detail: "our own certificate is revoked",
                    advice: "put another certificate and its key in place", shutsOut: true))
        }
        return reasons
    }

    /// The time of a key has an end and, mostly, no beginning: its warning time is the longest one.
    func keys() -> [TrustHealth.Reason] {
        let (milliseconds, isAbsurd) = now.multipliedReportingOverflow(by: 1_000)
        guard !isAbsurd, let next = epoch.keyring.nextExpiry(at: milliseconds),
            let status = status(
                from: next.seconds.subtractingReportingOverflow(4 * window).0, to: next.seconds)
        else { return [] }
        return [
            .init(
                status: status, file: "keys/",
                detail: "the handshake key '\(next.keyID)' \(ending(next.seconds))",
                advice: "put its successor in place")
        ]
    }

    /// While authorities are changed an old root may end beside a new one: it is red only where nothing else is left.
    func roots() -> [TrustHealth.Reason] {
        let judged = epoch.roots.map { ($0, status(from: $0.notBefore, to: $0.notAfter)) }
        let isLast = judged.allSatisfy { $0.1 == .red }
        let areOver = epoch.roots.allSatisfy { $0.notAfter <= now }
        return judged.compactMap { root, status in
            guard let status else { return nil }
            return TrustHealth.Reason(
                status: isLast ? status : .amber, file: epoch.tls.settings.trustRootsFile,
                detail: "the root '\(root.subject)' \(ending(root.notAfter))",
                advice: "add its successor, issue from that, then take this one away", shutsOut: areOver)
        }
    }

    func revocationLists() -> [TrustHealth.Reason] {
        let lists = epoch.tls.revocationLists
        guard !lists.isEmpty else { return [] }
        let newest = Dictionary(grouping: lists, by: \.issuerDigest).values
            .compactMap { $0.max { $0.nextUpdate < $1.nextUpdate } }
        let areOver = newest.allSatisfy { $0.nextUpdate <= now }
        var reasons = newest.compactMap { list -> TrustHealth.Reason? in
            guard let status = status(from: list.thisUpdate, to: list.nextUpdate) else { return nil }
            let isOver = list.nextUpdate <= now
            return .init(
                status: status, file: list.file,
                detail: "the revocation list of '\(list.issuer)' \(ending(list.nextUpdate))"
                    + (isOver ? "; nobody with a certificate of that authority gets in" : ""),
                advice: "publish a new list and put it there", shutsOut: areOver)
        }
        let known = Set(newest.map(\.issuerDigest))
        for root in epoch.roots where !known.contains(root.subjectDigest) {
            reasons.append(
                .init(
                    status: .amber, file: lists.first?.file ?? "",
                    detail:
                        "there is no revocation list of '\(root.subject)'; nobody with a certificate of it gets in",
                    advice: "add its list, or take the root away"))
        }
        return reasons
    }

    private func ending(_ end: Int64) -> String {
        end > now ? "ends at \(UTCTime.text(end))" : "ended at \(UTCTime.text(end))"
    }
}
