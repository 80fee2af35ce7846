import COpenSSL

extension TLSSession {
    /// Turns what OpenSSL reported into the error that says most.
    func error(explaining queue: OpenSSLQueue) -> TLSError {
        if let verifyFailure { return verifyFailure }
        guard let entry = queue.firstOfTLS else {
            return error(.protocolViolation, queue.text, hint: "the peer, or the network between")
        }
        if entry.reason >= SSL_AD_REASON_OFFSET {
            return error(forAlert: entry.reason - SSL_AD_REASON_OFFSET)
        }
        return error(forReason: entry.reason, queue: queue)
    }

    /// The peer ended the connection with an alert.
    private func error(forAlert number: Int32) -> TLSError {
        let alert = Alert(number: number)
        let theirPeer = role == .client ? "the server" : "the client"
        if number == TLS1_AD_PROTOCOL_VERSION {
            return error(
                .oldTLS, "\(theirPeer) does not speak TLS 1.3 (alert \(alert.name))",
                hint: "the peer's TLS settings")
        }
        return error(
            .refusedByPeer, "\(theirPeer) refused: \(alert.words) (alert \(alert.name))",
            hint: alert.concernsCertificate
                ? "our certificate \(context.settings.certificateChainFile), and the trust roots of the peer"
                : "the log of the peer")
    }

    private func error(forReason reason: Int32, queue: OpenSSLQueue) -> TLSError {
        switch reason {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            error(
                .noPeerCertificate, "the client sent no certificate",
                hint: "the client's certificate settings")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION,
            SSL_R_UNKNOWN_SSL_VERSION, SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
            error(.oldTLS, "the peer offers only versions below TLS 1.3", hint: "the peer's TLS settings")
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER:
            error(.plaintext, "the peer does not speak TLS", hint: "the peer's TLS settings, or the port")
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS,
            SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
            SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_WRONG_SIGNATURE_TYPE:
            error(
                .incompatible, "no cipher suite, group or signature algorithm in common (\(queue.text))",
                hint: "the peer's TLS settings and the kinds of key on both sides")
        default:
            error(
                .protocolViolation, "TLS broke off: \(queue.text)", hint: "the peer, or the network between")
        }
    }
}
