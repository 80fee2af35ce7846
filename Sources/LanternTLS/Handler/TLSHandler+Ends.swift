import NIOCore

/// Errors of connections that ended otherwise than by the rules.
extension TLSHandler {
    /// The connection is gone: was that an error?
    func errorOfEnd() -> TLSError? {
        switch state {
        case .handshaking:
            closedDuringHandshake("the connection was closed in the middle of the handshake")
        case .open where !inputEnded:
            looksRefused
                ? probablyRefused("the server closed the connection")
                : TLSError(
                    .truncated, peer: peer, "the connection ended without a goodbye; data may be missing",
                    hint: "the peer (did it crash?) and the network between")
        case .idle, .open, .closing, .failed, .closed: nil
        }
    }

    func errorOfLoss(_ error: any Error) -> TLSError {
        if case .handshaking = state { return closedDuringHandshake("\(error)") }
        if looksRefused { return probablyRefused("the connection broke (\(error))") }
        return TLSError(
            .connectionLost, peer: peer, "the connection broke: \(error)", hint: "the peer and the network")
    }

    func closedDuringHandshake(_ detail: String) -> TLSError {
        TLSError(
            .closedDuringHandshake, peer: peer, detail,
            hint: "the log of the peer: it may not speak TLS, or not like our certificate")
    }

    /// In TLS 1.3 a client is done before the server has judged its certificate.
    private var looksRefused: Bool { role == .client && !hasReceivedPlaintext && !inputEnded }

    private func probablyRefused(_ how: String) -> TLSError {
        TLSError(
            .probablyRefused, peer: peer,
            "\(how) right after our certificate and without a word: it probably refused us",
            hint: "our certificate \(tls.settings.certificateChainFile), and the log of the server")
    }

}
