import LanternTLS

/// One file of trusted authorities.
struct RootsExamination {
    let now: Int64
    /// What to do about a root that ends.
    let remedy: String

    /// - Parameters:
    ///   - missing: the code when the file is not there.
    ///   - bringing: what to do when it cannot be read.
    func findings(of file: String, missing: String, bringing: String? = nil) -> [DoctorFinding] {
        let certificates: [CertificateFacts]
        do { certificates = try CertificateFacts.read(file) } catch {
            let code = error.code == .unreadableFile ? missing : "roots-damaged"
            return [.wrong(code, "trust", ErrorText.text(of: error), file: file, do: bringing)]
        }
        return certificates.compactMap { finding(of: $0, file) }
    }

    private func finding(of root: CertificateFacts, _ file: String) -> DoctorFinding? {
        guard root.isAuthority else {
            return .wrong(
                "root-no-authority", "trust", "'\(root.subject)' in it is no authority's certificate",
                file: file, do: "only certificates of authorities belong there")
        }
        guard now <= root.notAfter else {
            return .wrong(
                "root-expired", "trust",
                "the root '\(root.subject)' expired \(Dates.span(now - root.notAfter)) ago", file: file,
                do: remedy)
        }
        guard root.notAfter - now < (root.notAfter - root.notBefore) / 10 else { return nil }
        return .warning(
            "root-expiring", "trust",
            "the root '\(root.subject)' expires in \(Dates.span(root.notAfter - now))", file: file,
            do: remedy)
    }
}
