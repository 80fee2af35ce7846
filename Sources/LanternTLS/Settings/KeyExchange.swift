import COpenSSL

/// The groups of the key exchange, best first.
///
/// The hybrid of X25519 and ML-KEM-768 keeps what is recorded today secret from a quantum computer of tomorrow. OpenSSL
/// has it from 3.5 on; an older one that is replaced by a newer one offers it after the next start, without a setting.
package enum KeyExchange {
    /// What an OpenSSL without the hybrid has.
    static let classical = ["X25519", "P-256", "P-384"]
    package static let hybrid = "X25519MLKEM768"

    /// The list for `SSL_CTX_set1_groups_list`.
    ///
    /// - Parameter isAccepted: whether OpenSSL takes a list. A list with a name that it does not know it refuses as a
    ///   whole.
    /// - Returns: nil when it takes none.
    static func list(isAccepted: (String) -> Bool) -> String? {
        let rest = classical.dropFirst().joined(separator: ":")
        let lists = [
            // From 3.5 on a star asks for a key share in the first flight: with one for each of the two, a peer
            // without the hybrid does not cost another round trip.
            "*\(hybrid):*X25519:\(rest)",
            // An older one may have the hybrid from a provider.
            "\(hybrid):X25519:\(rest)",
            "X25519:\(rest)",
        ]
        return lists.first(where: isAccepted)
    }

    /// The names of the groups that this process offers, best first; empty without a usable OpenSSL.
    package static func offered() -> [String] {
        guard let context = SSL_CTX_new(TLS_method()) else { return [] }
        defer { SSL_CTX_free(context) }
        let list = Self.list { isAccepted($0, by: context) }
        return list.map { $0.split(separator: ":").map { $0.filter { $0 != "*" } } } ?? []
    }

    /// The version of the OpenSSL library that is loaded, for people.
    package static var library: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }

    static func isAccepted(_ list: String, by context: OpaquePointer) -> Bool {
        defer { OpenSSLQueue.clear() }
        return lantern_SSL_CTX_set_groups(context, list) == 1
    }

    /// The group of a finished handshake by its IANA name.
    static func group(of ssl: OpaquePointer) -> String? {
        defer { OpenSSLQueue.clear() }
        return lantern_SSL_group_name(ssl).map { name(String(cString: $0)) }
    }

    /// One spelling for the names that OpenSSL's versions give a group.
    static func name(_ text: String) -> String {
        switch text.lowercased() {
        case "x25519": "X25519"
        case "x25519mlkem768": hybrid
        case "p-256", "prime256v1", "secp256r1": "P-256"
        case "p-384", "secp384r1": "P-384"
        default: text
        }
    }
}
