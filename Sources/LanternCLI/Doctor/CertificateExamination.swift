import Lantern
import LanternTLS
import LanternTrust

/// Our own certificate and key.
struct CertificateExamination {
    let home: LanternHome
    let tls: TLSSettings
    let now: Int64

    private static let renewal = "Scripts/certs/renew at the authority"

    func findings() -> [DoctorFinding] {
        let certificates: [CertificateFacts]
        do { certificates = try CertificateFacts.read(home.certificateFile) } catch {
            let code = error.code == .unreadableFile ? "certificate-missing" : "certificate-damaged"
            return [
                .wrong(
                    code, "certificate", ErrorText.text(of: error), file: home.certificateFile,
                    do: "Scripts/certs/issue makes one, `lantern init` for a laptop")
            ] + key(nil)
        }
        guard let leaf = certificates.first else { return [] }
        let found = dates(leaf) + identity(leaf) + key(leaf)
        let isWrong = found.contains { $0.level == .wrong }
        return (isWrong ? [] : [summary(leaf)]) + found
    }

    private func summary(_ leaf: CertificateFacts) -> DoctorFinding {
        .ok(
            "certificate",
            "\(leaf.uris.first ?? leaf.dnsNames.first ?? leaf.subject), \(Dates.span(leaf.notAfter - now)) left, "
                + "serial \(leaf.serialNumber), by \(leaf.issuer)")
    }

    private func dates(_ leaf: CertificateFacts) -> [DoctorFinding] {
        let file = home.certificateFile
        if now > leaf.notAfter {
            return [
                .wrong(
                    "certificate-expired", "certificate",
                    "expired \(Dates.span(now - leaf.notAfter)) ago, at "
                        + Dates.text(leaf.notAfter), file: file, do: Self.renewal)
            ]
        }
        if now < leaf.notBefore {
            return [
                .wrong(
                    "certificate-not-yet-valid", "certificate",
                    "valid only from \(Dates.text(leaf.notBefore)) on; "
                        + "the clock here says \(Dates.text(now))", file: file,
                    do: "mend the clock that is wrong")
            ]
        }
        let whole = leaf.notAfter - leaf.notBefore
        guard leaf.notAfter - now >= whole / 4 else {
            return [
                .warning(
                    "certificate-expiring", "certificate",
                    "expires in \(Dates.span(leaf.notAfter - now)), at \(Dates.text(leaf.notAfter))",
                    file: file,
                    do: Self.renewal)
            ]
        }
        return []
    }

    private func identity(_ leaf: CertificateFacts) -> [DoctorFinding] {
        let file = home.certificateFile
        if leaf.isAuthority {
            return [
                .wrong(
                    "certificate-of-authority", "certificate",
                    "'\(leaf.subject)' is an authority's certificate; no peer takes it", file: file,
                    do: "the host's own certificate must be the first in the file")
            ]
        }
        guard tls.identitySource == .spiffe else { return [] }
        guard leaf.uris.count == 1, let uri = leaf.uris.first else {
            return [
                .wrong(
                    "no-identity", "certificate",
                    "it has \(leaf.uris.count) URI names where exactly one is needed",
                    file: file, do: "issue it with one SPIFFE ID, or set tls.identity-source")
            ]
        }
        do { _ = try SPIFFEID(uri) } catch {
            return [
                .wrong(
                    "no-identity", "certificate", "'\(uri)' is no SPIFFE ID: \(error.detail)", file: file,
                    do: "issue it with a SPIFFE ID as spiffe://example.org/svc")
            ]
        }
        return []
    }

    private func key(_ leaf: CertificateFacts?) -> [DoctorFinding] {
        let file = home.privateKeyFile
        do {
            let fits = try KeyInspection.fits(
                certificateFile: leaf == nil ? "" : home.certificateFile, keyFile: file,
                passwordSource: tls.passwordSource)
            guard !fits else { return [] }
            return [
                .wrong(
                    "key-mismatch", "certificate", "\(file) is not the key of \(home.certificateFile)",
                    file: file,
                    do: "install the certificate that was issued for this key, or rotate: "
                        + "Scripts/certs/rotate-leaf")
            ]
        } catch {
            guard leaf != nil || error.hint == file else { return [] }
            let code =
                switch error.code {
                case .unreadableFile: "key-missing"
                case .badlyProtectedFile: "key-exposed"
                case .missingPassword, .wrongPassword: "key-password"
                default: "key-damaged"
                }
            return [.wrong(code, "certificate", ErrorText.text(of: error), file: file)]
        }
    }
}
