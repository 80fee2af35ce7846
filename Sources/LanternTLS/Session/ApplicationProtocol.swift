import COpenSSL

/// How Lantern peers recognise each other before the first message: ALPN, inside the authenticated TLS handshake.
///
/// A peer that offers nothing (Python's) is served as a Pyro peer; nothing is refused here.
package enum ApplicationProtocol {
    package static let lantern = "lantern/1"

    /// The wire form of ALPN: each name behind its length (RFC 7301, section 3.1).
    ///
    /// - Parameter foreign: what servers of another system speak; ours when there is none.
    static func offer(of foreign: String?) throws(TLSError) -> [UInt8] {
        let name = Array((foreign ?? lantern).utf8)
        guard (1...255).contains(name.count) else {
            throw TLSError(
                .badSetting, "the application protocol has 1 to 255 bytes, not \(name.count)",
                hint: "foreignProtocol")
        }
        return [UInt8(name.count)] + name
    }
}

/// The server's choice among what a client offers: ours, or none.
func selectApplicationProtocol(
    _: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    length: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?, offeredLength: UInt32,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let chosen, let length, let offered else { return SSL_TLSEXT_ERR_NOACK }
    // The answer must outlive this call: it points into what the client offered.
    let offers = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var place = 0
    while place < offers.count {
        let end = place + 1 + Int(offers[place])
        guard end <= offers.count else { return SSL_TLSEXT_ERR_NOACK }
        if offers[(place + 1)..<end].elementsEqual(ApplicationProtocol.lantern.utf8) {
            chosen.pointee = offered + place + 1
            length.pointee = offers[place]
            return SSL_TLSEXT_ERR_OK
        }
        place = end
    }
    return SSL_TLSEXT_ERR_NOACK
}
