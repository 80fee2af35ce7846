import COpenSSL
package import LanternTrust

/// Certificates, key, roots and rules, read once and used by any number of connections in both roles.
///
/// A new set of files needs a new context.
///
/// Owns an `SSL_CTX *`, one reference, given back in `deinit`. Sendable: OpenSSL counts its references
/// atomically, and nothing changes it after `init`; `SSL_new` only reads it.
package final class TLSContext: @unchecked Sendable {
    package let settings: TLSSettings
    /// Our own leaf certificate.
    package let ownCertificate: PeerCertificate
    /// The roots of other trust domains.
    let federation: FederatedRoots
    /// The revocation lists; empty when nobody is checked for revocation.
    package let revocationLists: [RevocationList]
    let pointer: OpaquePointer

    /// Reads and checks all files.
    ///
    /// - Throws: ``TLSError`` that names the file, also when our own certificate is out of date or has no
    ///   identity.
    package convenience init(settings: TLSSettings) throws(TLSError) {
        try self.init(settings: settings, checkingOwnDates: true)
    }

    init(settings: TLSSettings, checkingOwnDates: Bool) throws(TLSError) {
        try Self.check(settings)
        OpenSSLQueue.clear()
        guard let context = SSL_CTX_new(TLS_method()) else {
            throw TLSError(.internalError, OpenSSLQueue.drain().text, hint: "the OpenSSL installation")
        }
        var isComplete = false
        defer { if !isComplete { SSL_CTX_free(context) } }
        let loader = ContextLoader(settings: settings, context: context)
        try loader.applyRules()
        revocationLists = try loader.loadTrust()
        ownCertificate = try loader.loadIdentity(checkingDates: checkingOwnDates)
        let isForeign = settings.foreignProtocol != nil
        federation = try FederatedRoots(settings: settings, own: isForeign ? nil : ownCertificate.identity)
        self.settings = settings
        pointer = context
        isComplete = true
    }

    deinit { SSL_CTX_free(pointer) }

    private static func check(_ settings: TLSSettings) throws(TLSError) {
        guard (0...32).contains(settings.verifyDepth) else {
            throw TLSError(
                .badSetting, "the verify depth is \(settings.verifyDepth), not 0 to 32", hint: "verifyDepth")
        }
        guard settings.handshakeTimeout > .zero, settings.handshakeTimeout <= .seconds(3600) else {
            throw TLSError(
                .badSetting, "the handshake timeout is not between 0 and 1 hour", hint: "handshakeTimeout")
        }
        guard settings.closeTimeout > .zero, settings.closeTimeout <= .seconds(3600) else {
            throw TLSError(.badSetting, "the close timeout is not between 0 and 1 hour", hint: "closeTimeout")
        }
    }
}
