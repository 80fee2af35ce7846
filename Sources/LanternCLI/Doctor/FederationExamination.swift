import Glibc
import Lantern
import LanternTLS
import LanternTrust

/// The authorities of other trust domains: `trust/DOMAIN/*.pem`.
struct FederationExamination {
    let home: LanternHome
    let tls: TLSSettings
    let now: Int64

    func findings() -> [DoctorFinding] { directories().flatMap(domain) }

    /// Names of directories in `trust/`, without the one of revocation lists.
    private func directories() -> [String] {
        TrustExamination.names(in: home.trustDirectory).filter { name in
            var facts = stat()
            return name != "crls" && stat("\(home.trustDirectory)/\(name)", &facts) == 0
                && facts.st_mode & S_IFMT == S_IFDIR
        }
    }

    private func domain(_ name: String) -> [DoctorFinding] {
        let directory = "\(home.trustDirectory)/\(name)"
        if let misplaced = misplaced(name, directory) { return [misplaced] }
        let files = TrustExamination.names(in: directory).filter { $0.hasSuffix(".pem") }
        guard !files.isEmpty else {
            return [
                .wrong(
                    "domain-empty", "trust", "\(directory) holds no roots (*.pem)", file: directory,
                    do: "put the roots of \(name) there, or take the directory away")
            ]
        }
        let roots = RootsExamination(now: now, remedy: "ask the authority of \(name) for its successor")
        let found = files.flatMap { roots.findings(of: "\(directory)/\($0)", missing: "domain-root-missing") }
        guard !found.contains(where: { $0.level == .wrong }) else { return found }
        if let unlisted = unlisted(name, files.map { "\(directory)/\($0)" }) { return found + [unlisted] }
        return [.ok("trust", "peers of '\(name)' are believed by the \(Self.count(files)) in \(directory)")]
            + found
    }

    /// With any list there must be one of each authority.
    private func unlisted(_ name: String, _ files: [String]) -> DoctorFinding? {
        let lists = TrustExamination(home: home, tls: tls, now: now).listFiles
        guard !lists.isEmpty else { return nil }
        let issuers = Set(lists.flatMap { (try? RevocationListFacts.read($0)) ?? [] }.map(\.issuer))
        let roots = files.flatMap { (try? CertificateFacts.read($0)) ?? [] }
        guard let root = roots.first(where: { !issuers.contains($0.subject) }) else { return nil }
        return .warning(
            "domain-list-missing", "trust",
            "there is no revocation list of '\(root.subject)': nobody of '\(name)' with a certificate of it gets in",
            file: home.crlDirectory, do: "put its list there as a file *.pem")
    }

    private static func count(_ files: [String]) -> String {
        files.count == 1 ? "file of roots" : "\(files.count) files of roots"
    }

    private func misplaced(_ name: String, _ directory: String) -> DoctorFinding? {
        do { _ = try SPIFFEID(trustDomain: name) } catch {
            return .wrong(
                "domain-misnamed", "trust", "\(directory) is named after no trust domain: \(error.detail)",
                file: directory, do: "rename it, or take it out of \(home.trustDirectory)")
        }
        if tls.identitySource != .spiffe {
            return .wrong(
                "domain-without-spiffe", "trust",
                "\(directory): roots of other trust domains need SPIFFE IDs; identities here are DNS names",
                file: directory, do: "take it out of \(home.trustDirectory)")
        }
        guard let leaf = (try? CertificateFacts.read(home.certificateFile))?.first, leaf.uris.count == 1,
            let own = try? SPIFFEID(leaf.uris[0]), own.trustDomain == name
        else { return nil }
        return .wrong(
            "domain-own", "trust", "\(directory): '\(name)' is our own trust domain", file: directory,
            do: "its roots belong into \(home.trustRootsFile)")
    }
}
