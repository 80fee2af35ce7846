/// The name of an annotation: exactly four ASCII characters.
package struct AnnotationTag: RawRepresentable, Sendable, Hashable {
    /// The four characters, the first one in the highest byte.
    package let rawValue: UInt32

    /// - Returns: `nil` when a byte is not ASCII.
    package init?(rawValue: UInt32) {
        guard rawValue & 0x8080_8080 == 0 else { return nil }
        self.rawValue = rawValue
    }

    /// - Returns: `nil` unless the text is four ASCII characters.
    package init?(_ text: String) {
        guard text.utf8.count == 4 else { return nil }
        self.init(rawValue: text.utf8.reduce(0) { $0 << 8 | UInt32($1) })
    }

    private init(known: UInt32) { rawValue = known }

    /// "LNTN", the announcement of a Lantern peer.
    package static let lantern = Self(known: 0x4C4E_544E)
    /// "LDLN", the time left for a call.
    package static let deadline = Self(known: 0x4C44_4C4E)
    /// "LNHD", a program's own handshake value.
    package static let handshakeData = Self(known: 0x4C4E_4844)
    /// "LNCP", the newest checkpoint of a daemon's audit log, with its verifier key, in CONNECTOK.
    package static let auditCheckpoint = Self(known: 0x4C4E_4350)
    /// "LNTP" and "LNTS", the place of a call in a trace (``TraceContext``).
    package static let traceParent = Self(known: 0x4C4E_5450)
    package static let traceState = Self(known: 0x4C4E_5453)
    /// "STRM", the id of an item stream.
    package static let stream = Self(known: 0x5354_524D)
    /// "LSTR", the numbers of the pushed streams that a call or its result brings.
    package static let pushedStreams = Self(known: 0x4C53_5452)
    /// "BLBI", object and method of a call whose arguments are passed on unparsed.
    package static let blob = Self(known: 0x424C_4249)
    /// "CORR", the correlation id in v48.
    package static let correlation = Self(known: 0x434F_5252)
    /// "HMAC", Pyro4's message signature; such frames are refused.
    package static let hmac = Self(known: 0x484D_4143)
}

extension AnnotationTag {
    /// Whether the name has a meaning of its own for Pyro or Lantern, so that programs cannot use it: the names above,
    /// and all that begin with "LD", "LN" or "LS".
    package var isReserved: Bool {
        switch (self, rawValue >> 16) {
        case (.stream, _), (.blob, _), (.correlation, _), (.hmac, _): true
        case (_, 0x4C44), (_, 0x4C4E), (_, 0x4C53): true
        default: false
        }
    }
}

extension AnnotationTag: CustomStringConvertible {
    package var description: String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (24 - $0 * 8)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
