import Glibc
import Lantern
import LanternTLS

/// Whether clients that follow our URIs find a name that our certificate has.
struct NamesExamination {
    let home: LanternHome

    func findings() -> [DoctorFinding] {
        guard let leaf = (try? CertificateFacts.read(home.certificateFile))?.first,
            let (listen, nameServer, _) = try? SettingsFile.read(home.settingsFile)
        else { return [] }
        return listening(listen, leaf) + asking(nameServer)
    }

    private func listening(_ listen: ListenSettings, _ leaf: CertificateFacts) -> [DoctorFinding] {
        guard listen.unixSocket == nil else { return [] }
        let published = listen.publishedHost ?? listen.host
        let file = home.settingsFile
        if ["0.0.0.0", "::"].contains(published) {
            return [
                .wrong(
                    "published-nowhere", "names",
                    "URIs would name '\(published)', which no client can reach", file: file,
                    do: "set listen.published-host to a name of the certificate: \(Self.names(of: leaf))")
            ]
        }
        guard leaf.isFor(published) else {
            return [
                .wrong(
                    "name-not-certified", "names",
                    "URIs name '\(published)', which the certificate is not for; it is for: \(Self.names(of: leaf))",
                    file: file, do: "change listen.published-host, or issue with --dns \(published)")
            ]
        }
        let isForLoopback = Self.isLoopback(published)
        if isForLoopback, !Self.isLoopback(listen.host) {
            return [
                .wrong(
                    "published-loopback", "names",
                    "it listens on '\(listen.host)', but URIs name '\(published)': other hosts would call themselves",
                    file: file, do: "set listen.published-host to the name of this host")
            ]
        }
        return [.ok("names", "URIs name '\(published)', which the certificate is for")]
    }

    private func asking(_ nameServer: NameServerAddress) -> [DoctorFinding] {
        guard nameServer.unixSocket == nil, nameServer.identity == nil,
            nameServer.domain != nil || !Self.isLoopback(nameServer.host)
        else {
            return []
        }
        return [
            .warning(
                "name-server-anybody", "names",
                "any trusted host may play the name server '\(nameServer.domain ?? nameServer.host)'",
                file: home.settingsFile,
                do: "set name-server.identity")
        ]
    }

    private static func names(of leaf: CertificateFacts) -> String {
        let names = leaf.dnsNames + leaf.addresses
        return names.isEmpty ? "no name at all" : names.prefix(8).joined(separator: ", ")
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host.hasPrefix("127.")
    }
}
