/// Why a certificate is no X.509-SVID, or its signer no signing certificate of one.
///
/// - Source: the SPIFFE specification, "X509-SVID", sections 2 to 5.
struct SVIDProblem: Error, Equatable {
    enum Part {
        /// An authority's certificate, or the extended key usage: what the certificate may be used for.
        case purpose
        /// The rest of its extensions.
        case shape
        /// The one name.
        case identity
    }

    let part: Part
    /// Words for the log, without bytes of the certificate.
    let detail: String

    init(_ part: Part, _ detail: String) {
        self.part = part
        self.detail = detail
    }

    var code: TLSError.Code {
        switch part {
        case .purpose: .wrongPurpose
        case .shape: .badShape
        case .identity: .noIdentity
        }
    }
}
