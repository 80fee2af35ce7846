import COpenSSL
import Glibc
import LanternTrust

/// A ``ServerName`` in the form that OpenSSL checks certificates against.
struct ServerNameCheck {
    private enum Form {
        case host(String)
        case address(String)
        case identityOnly
    }
    private let form: Form

    /// - Throws: ``TLSError/Code/badSetting`` for a name that is none. A leading dot, which OpenSSL would take
    ///   for "any host below", is one of these.
    init(_ name: ServerName, hasExpectedIdentity: Bool) throws(TLSError) {
        switch name {
        case .identityOnly:
            guard hasExpectedIdentity else {
                throw Self.bad("without a host name or address the server's identity must be given")
            }
            form = .identityOnly
        case .address(let text):
            let address = text.prefix { $0 != "%" }
            guard Self.isAddress(address) else { throw Self.bad("'\(text.prefix(64))' is no IP address") }
            form = .address(String(address))
        case .host(let text):
            if Self.isAddress(text[...]) {
                form = .address(text)
                return
            }
            let host = text.hasSuffix(".") ? String(text.dropLast()) : text
            do { _ = try PeerIdentity(dnsName: host) } catch {
                throw Self.bad("'\(text.prefix(64))' is no host name: \(error.detail)")
            }
            form = .host(host)
        }
    }

    func apply(to ssl: OpaquePointer) throws(TLSError) {
        OpenSSLQueue.clear()
        let isSet =
            switch form {
            case .host(let host): SSL_set1_host(ssl, host) == 1 && lantern_SSL_set_server_name(ssl, host) == 1
            case .address(let text): X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text) == 1
            case .identityOnly: true
            }
        guard isSet else { throw Self.bad("the server name cannot be used (\(OpenSSLQueue.drain().text))") }
    }

    static func isAddress(_ text: Substring) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        let text = String(text)
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }

    private static func bad(_ detail: String) -> TLSError {
        TLSError(.badSetting, detail, hint: "the address that was called, or the expected identity")
    }
}
