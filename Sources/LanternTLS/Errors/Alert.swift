/// A fatal TLS alert that came from the peer.
///
/// - Source: RFC 8446, section 6.2.
struct Alert {
    let name: String
    let words: String
    let concernsCertificate: Bool

    init(number: Int32) {
        if let (name, words) = Self.ofCertificates[number] {
            (self.name, self.words, concernsCertificate) = (name, words, true)
        } else if let (name, words) = Self.others[number] {
            (self.name, self.words, concernsCertificate) = (name, words, false)
        } else {
            (name, words, concernsCertificate) = ("\(number)", "it gave a reason unknown here", false)
        }
    }

    private static let ofCertificates: [Int32: (String, String)] = [
        42: (
            "bad_certificate", "our certificate is not acceptable, for its host, dates, identity or signature"
        ),
        43: ("unsupported_certificate", "our certificate is of the wrong kind or for another purpose"),
        44: ("certificate_revoked", "our certificate is revoked"),
        45: ("certificate_expired", "our certificate expired"),
        46: ("certificate_unknown", "our certificate is not acceptable"),
        48: ("unknown_ca", "it does not trust the authority of our certificate"),
        49: ("access_denied", "our certificate is right but not welcome"),
        116: ("certificate_required", "it wants a certificate and got none"),
    ]

    private static let others: [Int32: (String, String)] = [
        10: ("unexpected_message", "our message was out of order"),
        20: ("bad_record_mac", "bytes were changed on the way"),
        22: ("record_overflow", "our record was too long"),
        40: ("handshake_failure", "nothing in common"),
        47: ("illegal_parameter", "a field of ours was wrong"),
        50: ("decode_error", "a message of ours could not be read"),
        51: ("decrypt_error", "a signature or Finished of ours was wrong"),
        71: ("insufficient_security", "it wants stronger algorithms"),
        80: ("internal_error", "it failed inside"),
        90: ("user_canceled", "it gave up"),
        109: ("missing_extension", "an extension was missing"),
        110: ("unsupported_extension", "an extension was not asked for"),
        112: ("unrecognized_name", "it does not serve the host that we named"),
        120: ("no_application_protocol", "no application protocol in common"),
    ]
}
