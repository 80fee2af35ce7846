/// From when to when a certificate is valid, in seconds since 1970.
struct Validity {
    static let day: Int64 = 86_400
    /// The last second that X.509 can write: the end of the year 9999.
    private static let lastSecond: Int64 = 253_402_300_799

    let notBefore: Int64
    let notAfter: Int64

    /// - Throws: ``TLSError/Code/badSetting`` unless both are in X.509's range and in order.
    init(_ notBefore: Int64, _ notAfter: Int64) throws(TLSError) {
        guard notBefore >= 0, notBefore < notAfter, notAfter <= Self.lastSecond else {
            throw TLSError(
                .badSetting, "a certificate cannot be valid from \(notBefore) to \(notAfter)",
                hint: "the dates asked for")
        }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}
