import Glibc
import LanternWire

/// Addresses that mean another place on every host.
enum Reachability {
    /// The part of a URI that only this host can use; nil when others can reach it.
    static func localPart(of uri: String) -> String? {
        guard let parsed = try? PyroURI(uri) else { return nil }
        switch parsed.location {
        case nil: return nil
        case .unix(let path)?: return "./u:\(path)"
        case .host(let host, _)?: return isLocal(host) ? host : nil
        }
    }

    /// `localhost`, loopback and unspecified addresses, in all forms in which a URI can have them.
    static func isLocal(_ host: String) -> Bool {
        let host = host.lowercased()
        if ["localhost", "localhost.", "ip6-localhost"].contains(host) || host.hasSuffix(".localhost") {
            return true
        }
        if host.contains(":") { return isLocalIPv6(host) }
        // A name's last label is never a number, so this is an address: 127.0.0.1, but also 127.1 and 0x7f000001.
        guard let last = host.split(separator: ".").last, isNumber(last) else { return host.isEmpty }
        var address = in_addr()
        guard inet_aton(host, &address) != 0 else { return true }
        return isLocalIPv4(UInt32(bigEndian: address.s_addr))
    }

    private static func isNumber(_ text: Substring) -> Bool {
        text.hasPrefix("0x") || text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// 127.0.0.0/8 and 0.0.0.0/8.
    private static func isLocalIPv4(_ address: UInt32) -> Bool { [0, 127].contains(address >> 24) }

    private static func isLocalIPv6(_ host: String) -> Bool {
        var address = in6_addr()
        // Without the zone: fe80::1%eth0.
        guard inet_pton(AF_INET6, String(host.prefix { $0 != "%" }), &address) == 1 else { return true }
        let words = withUnsafeBytes(of: address) { bytes in
            (0..<4).map { UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
        }
        guard words[0] == 0, words[1] == 0 else { return false }
        // ::, ::1 and what else is in ::/96, and IPv4 addresses as IPv6 ones.
        return words[2] == 0
            ? words[3] <= 1 || isLocalIPv4(words[3]) : words[2] == 0xFFFF && isLocalIPv4(words[3])
    }

    /// Whether a caller's address, as a call's context has it, is of this host.
    static func isOfThisHost(_ address: String) -> Bool {
        if address.hasPrefix("unix") { return true }
        guard let colon = address.lastIndex(of: ":") else { return false }
        let host = address[..<colon]
        return isLocal(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host))
    }
}
