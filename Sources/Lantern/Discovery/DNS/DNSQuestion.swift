/// A question for the service records of one name, as it travels.
///
/// - Source: RFC 1035, section 4; RFC 2782; RFC 6891 for how large an answer may be.
struct DNSQuestion: Sendable, Hashable {
    static let serviceType: UInt16 = 33
    static let internet: UInt16 = 1
    /// The largest answer that we ask for, which fits into one packet of every usual network.
    static let largestAnswer = 1232

    let id: UInt16
    /// Its labels in lower case.
    let name: [String]

    /// - Throws: ``LanternError/Code/configuration`` when the name is none.
    init(id: UInt16, name: String) throws {
        let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
        let labels = trimmed.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(
            String.init)
        guard trimmed.utf8.count <= 253, labels.allSatisfy(DNSName.isLabel) else {
            throw LanternError(.configuration, "'\(name.prefix(64))' is no domain name")
        }
        self.id = id
        self.name = labels
    }

    var bytes: [UInt8] {
        var bytes = Self.bytes([id, 0x0100, 1, 0, 0, 1])
        for label in name { bytes += [UInt8(truncatingIfNeeded: label.utf8.count)] + label.utf8 }
        bytes += [0] + Self.bytes([Self.serviceType, Self.internet])
        // No name, type OPT, our size, no flags, no options.
        return bytes + [0] + Self.bytes([41, UInt16(Self.largestAnswer), 0, 0, 0])
    }

    private static func bytes(_ numbers: [UInt16]) -> [UInt8] {
        numbers.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }
}

/// Names of hosts and services as DNS has them.
enum DNSName {
    /// 1 to 63 letters, digits, dashes and underscores.
    static func isLabel(_ label: String) -> Bool { isLabel(label.utf8) }

    static func isLabel(_ label: some Collection<UInt8>) -> Bool {
        (1...63).contains(label.count)
            && label.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
