/// From when until when a key may be used, by the clock of the end that judges. Both bounds belong to it.
public struct KeyValidity: Sendable, Hashable {
    /// Seconds since 1970; nil for a key that was always good.
    public let notBefore: Int64?
    /// Seconds since 1970; nil for a key that never expires.
    public let notAfter: Int64?

    /// For ever.
    public static let always = Self(notBefore: nil, notAfter: nil)

    public init(notBefore: Int64?, notAfter: Int64?) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// How a moment lies to the window.
    package enum Standing: String, Sendable, Hashable {
        case notYet = "not yet valid"
        case current = "valid"
        case over = "expired"
    }

    /// - Parameter milliseconds: since 1970.
    package func standing(at milliseconds: Int64) -> Standing {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let now = rest < 0 ? seconds - 1 : seconds
        if let notBefore, now < notBefore { return .notYet }
        if let notAfter, now > notAfter { return .over }
        return .current
    }

    /// Why a key may not be used now; nil when it may.
    func objection(to key: String, at milliseconds: Int64) -> TrustError? {
        switch standing(at: milliseconds) {
        case .current: nil
        case .notYet:
            TrustError(.keyNotYetValid, "\(key) is valid from \(Timestamp.text(notBefore ?? 0)) on")
        case .over: TrustError(.keyExpired, "\(key) expired at \(Timestamp.text(notAfter ?? 0))")
        }
    }
}
