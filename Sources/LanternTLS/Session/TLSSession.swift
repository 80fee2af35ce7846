import COpenSSL
import LanternTrust
import NIOCore

/// One TLS connection without a socket: ciphertext goes in and comes out as bytes.
///
/// Owns an `SSL *`, one reference, given back in `deinit`, which frees the BIO with it. The BIO and the SSL
/// hold unretained pointers back to this object; both die with it.
final class TLSSession {
    enum Role { case client, server }

    enum Progress {
        case done
        case needsBytes
        /// The far side said goodbye.
        case ended
        case failed(TLSError)
    }

    let context: TLSContext
    let role: Role
    let serverName: ServerName
    let expectedIdentity: IdentityMatcher?
    let peer: String
    private let ssl: OpaquePointer

    /// Ciphertext that OpenSSL has not taken yet.
    var incoming = ByteBuffer()
    /// Ciphertext that OpenSSL has made.
    var outgoing = ByteBuffer()
    /// Set by ``verifyPeer`` once chain, purpose, host and identity are right.
    var peerCertificate: PeerCertificate?
    /// Set by ``verifyPeer`` when they are not.
    var verifyFailure: TLSError?
    /// Set when the server asked for our certificate.
    var certificateWasRequested = false

    /// Writes left before the sending key is changed: well below the 2^24.5 full records of AES-GCM.
    ///
    /// - Source: RFC 8446, section 5.5.
    private var writesUnderKey = TLSSession.maximumWritesUnderKey
    private static let maximumWritesUnderKey = 1 << 23
    static let maximumRecord = 16 * 1024
    /// What TLS adds to a record: header, content type and tag.
    static let recordOverhead = 22

    init(
        context: TLSContext, role: Role, serverName: ServerName, expectedIdentity: IdentityMatcher?,
        peer: String
    ) throws(TLSError) {
        if context.settings.foreignProtocol != nil {
            guard role == .client, serverName != .identityOnly, expectedIdentity == nil else {
                throw TLSError(
                    .badSetting, peer: peer,
                    "settings for servers of another system are for calling one by host name or address",
                    hint: "foreignProtocol")
            }
        }
        OpenSSLQueue.clear()
        guard let ssl = SSL_new(context.pointer) else {
            throw TLSError(.internalError, peer: peer, OpenSSLQueue.drain().text, hint: "memory")
        }
        self.context = context
        self.role = role
        self.serverName = serverName
        self.expectedIdentity = expectedIdentity
        self.peer = peer
        self.ssl = ssl
        try attach()
        switch role {
        case .server: SSL_set_accept_state(ssl)
        case .client:
            SSL_set_connect_state(ssl)
            try demandServerName()
        }
    }

    deinit { SSL_free(ssl) }

    private func attach() throws(TLSError) {
        guard let bio = BufferBIO.make(for: self) else {
            throw TLSError(.internalError, peer: peer, OpenSSLQueue.drain().text, hint: "memory")
        }
        // One reference for both directions: SSL_set_bio takes it.
        SSL_set_bio(ssl, bio, bio)
        guard SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque()) == 1 else {
            throw TLSError(.internalError, peer: peer, OpenSSLQueue.drain().text, hint: "memory")
        }
    }

    private func demandServerName() throws(TLSError) {
        do {
            try ServerNameCheck(serverName, hasExpectedIdentity: expectedIdentity != nil).apply(to: ssl)
        } catch {
            throw TLSError(error.code, peer: peer, error.detail, hint: error.hint)
        }
    }

    // MARK: Handshake

    func handshake() -> Progress {
        OpenSSLQueue.clear()
        let result = SSL_do_handshake(ssl)
        guard result == 1 else { return progress(after: result) }
        if let failure = failureOfFinishedHandshake() { return .failed(failure) }
        return .done
    }

    /// What must hold whatever OpenSSL thinks.
    private func failureOfFinishedHandshake() -> TLSError? {
        if role == .client && !certificateWasRequested {
            return error(
                .notMutual, "the server did not ask for a client certificate",
                hint: "the server's settings: it must require client certificates")
        }
        guard SSL_version(ssl) == TLS1_3_VERSION else {
            return error(.oldTLS, "the peer chose a version below TLS 1.3", hint: "the peer's TLS settings")
        }
        if let wanted = context.settings.foreignProtocol, applicationProtocol() != wanted {
            return error(
                .incompatible, "the server does not speak \(wanted)", hint: "the address that was called")
        }
        guard peerCertificate != nil, SSL_get_verify_result(ssl) == Int(X509_V_OK) else {
            return error(.noPeerCertificate, "no verified certificate", hint: "the peer's TLS settings")
        }
        return nil
    }

    /// What ties a signed handshake to this connection. Only after ``handshake()`` was done.
    func channelFacts(of peerCertificate: PeerCertificate) -> ChannelFacts {
        let own = context.ownCertificate.fingerprint
        let client = role == .client ? own : peerCertificate.fingerprint
        let server = role == .client ? peerCertificate.fingerprint : own
        return ChannelFacts(
            clientFingerprint: client, serverFingerprint: server, exporter: exporter(),
            applicationProtocol: applicationProtocol(), keyExchange: KeyExchange.group(of: ssl))
    }

    /// What the peer showed. Only after ``handshake()`` was done.
    func peerChain() -> PeerChain? { PeerChain(presentedOn: ssl) }

    private func applicationProtocol() -> String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// RFC 9266: an empty context, which TLS 1.3 does not tell from none.
    private func exporter() -> [UInt8]? {
        let label = "EXPORTER-Channel-Binding"
        var bytes = [UInt8](repeating: 0, count: 32)
        OpenSSLQueue.clear()
        let result = SSL_export_keying_material(ssl, &bytes, 32, label, label.utf8.count, nil, 0, 0)
        OpenSSLQueue.clear()
        return result == 1 ? bytes : nil
    }

    // MARK: Data

    /// Decrypts all that ``incoming`` holds.
    func read(into plaintext: inout ByteBuffer) -> Progress {
        while incoming.readableBytes > 0 || SSL_has_pending(ssl) == 1 {
            let room =
                plaintext.writableBytes > 0 ? 1 : min(max(incoming.readableBytes, 512), Self.maximumRecord)
            var result: Int32 = 0
            OpenSSLQueue.clear()
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                var count = 0
                result = SSL_read_ex(ssl, target.baseAddress, target.count, &count)
                return result == 1 ? count : 0
            }
            guard result == 1 else {
                let progress = progress(after: result)
                if case .needsBytes = progress { break }
                return progress
            }
        }
        if incoming.readableBytes == 0 { incoming = ByteBuffer() }
        return .needsBytes
    }

    /// Encrypts into ``outgoing``, in records of at most 16 KiB.
    ///
    /// - Returns: `nil` when it went well.
    func write(_ bytes: UnsafeRawBufferPointer) -> TLSError? {
        guard !bytes.isEmpty else { return nil }
        OpenSSLQueue.clear()
        var count = 0
        let result = SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        guard result == 1, count == bytes.count else {
            if case .failed(let failure) = progress(after: result) { return failure }
            return error(.internalError, "not all bytes were taken", hint: "the OpenSSL installation")
        }
        writesUnderKey -= 1 + bytes.count / Self.maximumRecord
        if writesUnderKey <= 0 {
            writesUnderKey = Self.maximumWritesUnderKey
            SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED)
        }
        return nil
    }

    /// Puts the goodbye into ``outgoing``.
    func endOutput() {
        OpenSSLQueue.clear()
        SSL_shutdown(ssl)
        OpenSSLQueue.clear()
    }

    func takeOutgoing() -> ByteBuffer? {
        guard outgoing.readableBytes > 0 else { return nil }
        let bytes = outgoing
        outgoing = ByteBuffer()
        return bytes
    }

    private func progress(after result: Int32) -> Progress {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: .needsBytes
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed(error(explaining: OpenSSLQueue.drain()))
        }
    }

    func error(_ code: TLSError.Code, _ detail: String, hint: String) -> TLSError {
        TLSError(code, peer: peer, detail, hint: hint)
    }
}
