import Glibc
import Lantern
import LanternTLS
import LanternTrust
import LanternWire

/// Reads each part of a home by itself, so that one mistake does not hide the next.
struct HomeCheck {
    let home: LanternHome

    /// What was found about one part.
    struct Finding {
        let part: String
        let isOK: Bool
        let text: String

        var value: Value {
            .map([
                ValuePair("part", .text(part)), ValuePair("ok", .bool(isOK)), ValuePair("text", .text(text)),
            ])
        }
    }

    func findings() -> [Finding] {
        guard access(home.path, F_OK) == 0 else {
            let text = "there is no such directory; `lantern init \(home.path)` makes a home"
            return [Finding(part: home.path, isOK: false, text: text)]
        }
        return [
            check("certificate", certificate), check("handshake keys", keys), check("policy", policy),
            check("settings", settings), check("audit log", audit),
        ]
    }

    private func check(_ part: String, _ look: () throws -> String) -> Finding {
        do {
            return Finding(part: part, isOK: true, text: try look())
        } catch {
            return Finding(part: part, isOK: false, text: ErrorText.text(of: error))
        }
    }

    private func certificate() throws -> String {
        let settings = (try? Settings.load(home).tls) ?? home.tlsSettings
        let certificate = try TLSContext(settings: settings).ownCertificate
        let days = (certificate.notAfter - Int64(time(nil))) / 86_400
        return "\(certificate.identity), \(days) days left"
    }

    private func keys() throws -> String {
        let keyring = try Keyring(directory: home.keysDirectory)
        guard !keyring.authorized.isEmpty else {
            throw CommandFailure(
                .configuration,
                "\(home.authorizedKeysDirectory): no peer's key is authorised, so nobody can connect; "
                    + "`lantern trust \(home.path) --peer OTHERHOME` adds one")
        }
        let ids = keyring.authorized.map(\.id).joined(separator: ", ")
        return "own key '\(keyring.own.id)' (\(keyring.own.algorithm.rawValue)), authorised: \(ids)"
    }

    private func policy() throws -> String {
        guard access(home.policyFile, F_OK) == 0 else {
            return "no policy.yaml: good for clients, no daemon answers"
        }
        _ = try PolicyFile.read(home.policyFile)
        guard access(home.nextPolicyFile, F_OK) == 0 else { return "\(home.policyFile) is understood" }
        _ = try PolicyFile.read(home.nextPolicyFile)
        return "\(home.policyFile) is understood, and \(home.nextPolicyFile), which is tried beside it"
    }

    private func settings() throws -> String {
        guard access(home.settingsFile, F_OK) == 0 else { return "no lantern.yaml: everything as by default" }
        let settings = try SettingsFile.read(home.settingsFile)
        let names = settings.nameServer
        let place =
            settings.listen.unixSocket.map { PyroURI.Location.unix(path: $0) }
            ?? .host(settings.listen.host, port: settings.listen.port)
        let nameServer =
            names.isLookedFor(settings.broadcast) ? "looked for" : "\(names.location)"
        return "listens on \(place), name server \(nameServer)"
    }

    private func audit() throws -> String {
        guard access(home.auditKeyFile, F_OK) == 0 else { return "none yet; a name server makes it" }
        let report = try AuditFiles(home: home).verify(earlier: nil)
        if let fault = report.fault {
            throw CommandFailure(.configuration, "\(home.auditDirectory): \(fault)")
        }
        return "\(report.size) entries, intact"
    }
}
