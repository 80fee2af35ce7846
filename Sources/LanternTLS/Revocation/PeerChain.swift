import COpenSSL

/// The certificates that a peer showed, kept to be judged again under other roots and lists.
///
/// Owns one reference to the leaf (`X509 *`) and a stack of the others (`STACK_OF(X509) *`, with one reference to each),
/// given back in `deinit`. Sendable: the certificates are shared with the TLS session and never changed, and OpenSSL
/// counts their references atomically.
package final class PeerChain: @unchecked Sendable {
    let leaf: OpaquePointer
    /// In the order shown; at a client the leaf is among them.
    let others: OpaquePointer?

    /// - Returns: nil before the peer has shown a certificate.
    init?(presentedOn ssl: OpaquePointer) {
        guard let leaf = SSL_get1_peer_certificate(ssl) else { return nil }
        self.leaf = leaf
        others = SSL_get_peer_cert_chain(ssl).flatMap { X509_chain_up_ref($0) }
    }

    deinit {
        X509_free(leaf)
        if let others { lantern_X509_chain_free(others) }
    }

    /// Seconds since 1970: when the first certificate of the chain ends.
    package var notAfter: Int64 {
        certificates { $0.notAfter }.min() ?? .min
    }

    /// SHA-256 hashes of all certificates, one behind the other: the same chain gives the same bytes.
    package var fingerprint: [UInt8] { certificates { $0.fingerprint }.flatMap(\.self) }

    private func certificates<T>(_ read: (borrowing Certificate) -> T) -> [T] {
        var found = [read(Certificate(retaining: leaf))]
        guard let others else { return found }
        for index in 0..<max(0, lantern_X509_chain_count(others)) {
            guard let other = lantern_X509_chain_certificate(others, index) else { continue }
            found.append(read(Certificate(retaining: other)))
        }
        return found
    }
}
