import Glibc
import Lantern
import LanternTLS
import LanternTrust

/// Looks at each part of a home by itself, so that one fault does not hide the next.
struct HomeExamination {
    let home: LanternHome
    /// Seconds since 1970.
    let now = Int64(time(nil))

    func findings() -> [DoctorFinding] {
        guard access(home.path, F_OK) == 0 else {
            return [
                .wrong(
                    "home-missing", "home", "\(home.path): there is no such directory", file: home.path,
                    do: "`lantern init \(home.path)` makes one")
            ]
        }
        var found = directories()
        found += ClockExamination(home: home, now: now).findings()
        found += CertificateExamination(home: home, tls: tls, now: now).findings()
        found += TrustExamination(home: home, tls: tls, now: now).findings()
        found += FederationExamination(home: home, tls: tls, now: now).findings()
        found += NamesExamination(home: home).findings()
        found += rest()
        return found + HealthExamination(home: home).findings(after: found)
    }

    /// What `lantern.yaml` says about the certificate files, or the usual.
    private var tls: TLSSettings { (try? Settings.load(home).tls) ?? home.tlsSettings }

    private func directories() -> [DoctorFinding] {
        let owner = Self.owner(home.path)
        return [home.path, home.path + "/identity", home.path + "/trust", home.keysDirectory]
            .compactMap { path -> DoctorFinding? in
                var facts = stat()
                guard stat(path, &facts) == 0 else {
                    return .wrong(
                        "directory-missing", "home", "\(path): there is no such directory", file: path,
                        do: "mkdir -m 700 \(path)")
                }
                guard facts.st_mode & 0o022 == 0 else {
                    return .wrong(
                        "directory-exposed", "home", "\(path): others can exchange the files in it",
                        file: path,
                        do: "chmod go-w \(path)")
                }
                guard facts.st_uid == owner else {
                    return .warning(
                        "owner-differs", "home",
                        "\(path) belongs to user \(facts.st_uid), \(home.path) to \(owner)",
                        file: path, do: "chown -R \(owner) \(home.path)")
                }
                return nil
            }
    }

    private static func owner(_ path: String) -> uid_t {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_uid : geteuid()
    }

    /// What `lantern check-config` looks at, too.
    private func rest() -> [DoctorFinding] {
        let files = [
            "handshake keys": home.keysDirectory, "policy": home.policyFile, "settings": home.settingsFile,
            "audit log": home.auditDirectory,
        ]
        return HomeCheck(home: home).findings().filter { $0.part != "certificate" }.map { finding in
            if finding.isOK { return .ok(finding.part, finding.text) }
            let code = finding.part.split(separator: " ").joined(separator: "-") + "-wrong"
            return .wrong(code, finding.part, finding.text, file: files[finding.part])
        }
    }
}
