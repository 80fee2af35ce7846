import COpenSSL
import LanternTrust

extension TLSSession {
    /// Why `X509_verify_cert` said no.
    func error(explainingChain store: OpaquePointer) -> TLSError {
        let reason = X509_STORE_CTX_get_error(store)
        let words = String(cString: X509_verify_cert_error_string(Int(reason)))
        let current = X509_STORE_CTX_get_current_cert(store) ?? X509_STORE_CTX_get0_cert(store)
        guard let current else { return error(.badChain, words, hint: "the peer's certificate") }
        let certificate = Certificate(retaining: current)
        if X509_STORE_CTX_get_error_depth(store) == 0 {
            // OpenSSL finds no issuer for a certificate whose extensions it cannot read.
            let problem = certificate.damage() ?? (Self.isClear(reason) ? nil : shapeProblem(of: certificate))
            if let problem { return error(certificate, problem) }
        }
        if Self.unknownAuthorityReasons.contains(reason), let other = context.federation.authority(of: store)
        {
            return error(explaining: other)
        }
        return error(for: reason, words: words, certificate: certificate)
    }

    /// Why the trust domain of the peer's certificate was refused.
    func error(explaining refusal: FederatedRoots.Refusal) -> TLSError {
        switch refusal {
        case .unknownDomain(let domain):
            error(
                .unknownTrustDomain,
                "the peer's certificate is of the trust domain '\(domain)', for which there are no trust roots",
                hint: context.federation.place(of: domain))
        case .foreignAuthority(let authority, let claimed):
            error(
                .wrongAuthority,
                "an authority of the trust domain '\(authority)' signed a certificate of '\(claimed)'; "
                    + "it cannot speak for that domain",
                hint: "the peer's certificate, or the roots in \(context.federation.place(of: claimed))")
        }
    }

    /// Reasons that say all there is to say, whatever else may be wrong with the certificate.
    private static func isClear(_ reason: Int32) -> Bool {
        let clear = [
            X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_REVOKED,
            X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH,
        ]
        return clear.contains(reason) || unknownAuthorityReasons.contains(reason)
            || revocationReasons.contains(reason)
    }

    private func error(for reason: Int32, words: String, certificate: borrowing Certificate) -> TLSError {
        let which = "the certificate '\(certificate.subject)'"
        let settings = context.settings
        return switch reason {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            error(
                .expired, "\(which) expired at \(utc(certificate.notAfter))",
                hint: "the peer's certificate: renew it")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            error(
                .notYetValid, "\(which) is valid only from \(utc(certificate.notBefore)) on",
                hint: "the clocks of both hosts, or the peer's certificate")
        case X509_V_ERR_CERT_REVOKED:
            error(.revoked, "\(which) is revoked", hint: settings.revocationPlace)
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            error(
                .wrongHost, "\(which) is not for \(calledName)",
                hint: "the address that was called, or the DNS and IP names in the server's certificate")
        case X509_V_ERR_INVALID_PURPOSE:
            error(
                .wrongPurpose, "\(which) is not for a \(role == .client ? "server" : "client")",
                hint: "the extended key usage in the peer's certificate")
        case _ where Self.unknownAuthorityReasons.contains(reason):
            error(
                .unknownAuthority, "no authority that we trust signed \(which) (\(words))",
                hint: settings.trustRootsFile)
        case _ where Self.revocationReasons.contains(reason):
            error(
                .revocationUnknown, "\(which) cannot be checked for revocation: \(words)",
                hint: settings.revocationPlace)
        default:
            error(.badChain, "\(which) breaks a rule: \(words)", hint: "the peer's certificate chain")
        }
    }

    private var calledName: String {
        switch serverName {
        case .host(let text), .address(let text): "'\(text)'"
        case .identityOnly: "this connection"
        }
    }

    static let unknownAuthorityReasons: Set<Int32> = [
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE,
        X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_REJECTED, X509_V_ERR_SUBJECT_ISSUER_MISMATCH,
        X509_V_ERR_AKID_SKID_MISMATCH, X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH,
    ]

    static let revocationReasons: Set<Int32> = [
        X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
        X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, X509_V_ERR_CRL_SIGNATURE_FAILURE,
        X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_HAS_EXPIRED,
        X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
        X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION,
        X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_ERR_CRL_PATH_VALIDATION_ERROR,
    ]
}
