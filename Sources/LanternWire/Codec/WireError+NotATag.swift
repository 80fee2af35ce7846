extension WireError {
    /// Says what a peer seems to speak, from the four bytes where "PYRO" should be.
    init(notATag tag: UInt32) {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: tag >> (24 - $0 * 8)) }
        switch String(decoding: bytes, as: UTF8.self) {
        case "GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "CONN", "TRAC", "PRI ":
            self.init(.notPyro, "the peer sent an HTTP request; this port speaks the Pyro protocol")
        case "HTTP":
            self.init(.notPyro, "the peer sent an HTTP response; the address is not one of a Pyro server")
        case _ where tag >> 16 == 0x1603:
            self.init(.notPyro, "the peer started TLS where a Pyro message was expected")
        case _ where bytes.allSatisfy(Self.isText):
            self.init(.notPyro, "the peer sent text, where a Pyro message was expected")
        default:
            self.init(.badTag, "a message starts with 0x\(Self.hex(tag)) instead of \"PYRO\"")
        }
    }

    private static func isText(_ byte: UInt8) -> Bool {
        (0x20..<0x7F).contains(byte) || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
