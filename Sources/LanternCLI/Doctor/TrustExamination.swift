import Glibc
import Lantern
import LanternTLS

/// Roots, revocation lists, and whether our own certificate passes with them.
struct TrustExamination {
    let home: LanternHome
    let tls: TLSSettings
    let now: Int64

    private static let publishing = "Scripts/certs/publish at the authority"

    func findings() -> [DoctorFinding] {
        let roots = roots()
        let lists = listFiles.flatMap(list)
        var found = roots + lists
        if !roots.contains(where: { $0.level == .wrong }) { found += chain() }
        guard !found.contains(where: { $0.level == .wrong }) else { return found }
        let listed =
            listFiles.isEmpty ? "no revocation lists: nobody can be revoked" : "revocation is checked"
        return [.ok("trust", "our own certificate leads to \(home.trustRootsFile); \(listed)")] + found
    }

    /// All files in `trust/` that hold lists.
    var listFiles: [String] {
        let directory = home.path + "/trust/crls"
        let more = Self.names(in: directory).filter { $0.hasSuffix(".pem") }.map { directory + "/" + $0 }
        return (access(home.crlFile, F_OK) == 0 ? [home.crlFile] : []) + more
    }

    /// What is in a directory, hidden names left out; nothing when it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < 10_000, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private func roots() -> [DoctorFinding] {
        RootsExamination(now: now, remedy: "Scripts/certs/rotate-root")
            .findings(of: home.trustRootsFile, missing: "roots-missing", bringing: Self.publishing)
    }

    private func list(_ file: String) -> [DoctorFinding] {
        let lists: [RevocationListFacts]
        do { lists = try RevocationListFacts.read(file) } catch {
            return [
                .wrong("list-damaged", "trust", ErrorText.text(of: error), file: file, do: Self.publishing)
            ]
        }
        return lists.compactMap { list -> DoctorFinding? in
            let name = "the revocation list of '\(list.issuer)'"
            guard let end = list.nextUpdate else {
                return .wrong(
                    "list-without-end", "trust", "\(name) does not say when it runs out", file: file,
                    do: Self.publishing)
            }
            if now > end {
                return .wrong(
                    "list-expired", "trust",
                    "\(name) ran out \(Dates.span(now - end)) ago: every peer of that issuer is refused",
                    file: file,
                    do: Self.publishing)
            }
            if list.thisUpdate > now + ClockExamination.tolerance {
                return .wrong(
                    "list-not-yet-valid", "trust",
                    "\(name) is valid only from \(Dates.text(list.thisUpdate)) on",
                    file: file, do: "mend the clock that is wrong")
            }
            if end - now < (end - list.thisUpdate) / 4 {
                return .warning(
                    "list-expiring", "trust", "\(name) runs out in \(Dates.span(end - now))", file: file,
                    do: Self.publishing)
            }
            return nil
        }
    }

    // MARK: The chain

    private func chain() -> [DoctorFinding] {
        let inspection = ChainInspection(
            certificateFile: home.certificateFile, rootsFile: home.trustRootsFile, listFiles: listFiles)
        for isServer in [true, false] {
            do {
                if let problem = try inspection.problem(
                    asServer: isServer, askingLists: false, ignoringTimes: true)
                {
                    return [chainFinding(problem, isServer: isServer)]
                }
                if let problem = try inspection.problem(
                    asServer: isServer, askingLists: true, ignoringTimes: true),
                    let finding = listFinding(problem)
                {
                    return [finding]
                }
            } catch {
                // A file that cannot be read was reported where it belongs.
                return []
            }
        }
        return []
    }

    private func chainFinding(_ problem: ChainInspection.Problem, isServer: Bool) -> DoctorFinding {
        let file = home.certificateFile
        return switch problem.kind {
        case .incomplete:
            .wrong(
                "chain-incomplete", "trust",
                "no root that we trust signed '\(problem.subject)', and no intermediate certificate stands behind it",
                file: file,
                do: "put the issuer's certificate behind it, or its root into \(home.trustRootsFile)")
        case .unknownAuthority:
            .wrong(
                "chain-unknown", "trust",
                "no authority in \(home.trustRootsFile) signed '\(problem.subject)'",
                file: home.trustRootsFile, do: "bring the root of our own certificate there too")
        case .wrongPurpose:
            .wrong(
                "wrong-purpose", "trust",
                "'\(problem.subject)' may not be used by a \(isServer ? "server" : "client")", file: file,
                do: "issue it with both extended key usages, serverAuth and clientAuth")
        default:
            .wrong(
                "chain-wrong", "trust", "'\(problem.subject)' breaks a rule of X.509: \(problem.words)",
                file: file,
                do: "issue it anew with Scripts/certs/issue")
        }
    }

    private func listFinding(_ problem: ChainInspection.Problem) -> DoctorFinding? {
        switch problem.kind {
        case .revoked:
            .wrong(
                "certificate-revoked", "trust",
                "our own certificate, or its issuer's, is revoked: '\(problem.subject)'",
                file: home.certificateFile, do: "Scripts/certs/issue gives this host another one")
        case .listMissing:
            .wrong(
                "list-missing", "trust",
                "there is no revocation list of the issuer of '\(problem.subject)': its peers are refused",
                file: home.crlFile, do: Self.publishing)
        case .listExpired, .listNotYetValid: nil
        default:
            .wrong(
                "list-wrong", "trust",
                "'\(problem.subject)' cannot be checked for revocation: \(problem.words)",
                file: home.crlFile, do: Self.publishing)
        }
    }
}
