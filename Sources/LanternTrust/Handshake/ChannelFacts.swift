/// What makes a TLS connection itself and no other.
package struct ChannelFacts: Sendable, Hashable {
    static let fingerprintLength = 32
    static let exporterLength = 32

    /// SHA-256 of the client's leaf certificate in DER, 32 bytes.
    package let clientFingerprint: [UInt8]
    /// SHA-256 of the server's leaf certificate in DER, 32 bytes.
    package let serverFingerprint: [UInt8]
    /// The 32 bytes of `tls-exporter`: label `EXPORTER-Channel-Binding`, empty context; `nil` when the TLS
    /// library of this end cannot tell them.
    ///
    /// - Source: RFC 9266, section 2.
    package let exporter: [UInt8]?

    /// What both ends agreed to speak inside TLS (ALPN, RFC 7301); `nil` towards peers that offer nothing.
    package let applicationProtocol: String?

    /// The group of the key exchange by its IANA name, such as `X25519MLKEM768` or `X25519`; `nil` when the TLS library
    /// does not tell.
    package let keyExchange: String?

    package init(
        clientFingerprint: [UInt8], serverFingerprint: [UInt8], exporter: [UInt8]?,
        applicationProtocol: String? = nil, keyExchange: String? = nil
    ) {
        self.keyExchange = keyExchange
        self.applicationProtocol = applicationProtocol
        self.clientFingerprint = clientFingerprint
        self.serverFingerprint = serverFingerprint
        self.exporter = exporter
    }
}
