import NIOCore

/// A look at the very first bytes: is this TLS at all?
struct FirstBytes {
    private let bytes: [UInt8]

    init(_ buffer: ByteBuffer) { bytes = Array(buffer.readableBytesView.prefix(8)) }

    /// - Returns: `nil` for what may be TLS 1.0 or later; OpenSSL judges that.
    func error(peer: String) -> TLSError? {
        guard let first = bytes.first else { return nil }
        let handshake: UInt8 = 22
        let alert: UInt8 = 21
        let majorVersion: UInt8 = 3
        if first == handshake || first == alert {
            guard bytes.count > 1, bytes[1] != majorVersion else { return nil }
        } else if first & 0x80 != 0, bytes.count > 2, bytes[2] == 1 {
            return TLSError(
                .oldTLS, peer: peer, "the peer greets as SSL 2 does", hint: "the peer's TLS settings")
        }
        return TLSError(
            .plaintext, peer: peer, "expected TLS, found \(description)",
            hint: "the peer's TLS settings (Pyro: config.SSL), or the port")
    }

    /// Only what is known is named: a stranger's bytes do not reach the log.
    private var description: String {
        let known: [(String, String)] = [
            ("PYRO", "a Pyro message without TLS"), ("GET ", "an HTTP request"), ("POST", "an HTTP request"),
            ("HEAD", "an HTTP request"), ("PRI ", "an HTTP/2 request"), ("HTTP", "an HTTP answer"),
            ("SSH-", "SSH"),
        ]
        return known.first { bytes.starts(with: $0.0.utf8) }?.1 ?? "bytes that are no TLS record"
    }
}
