import Glibc

/// IP addresses as certificates hold them and as people write them.
enum IPAddressText {
    /// - Parameter bytes: 4 or 16.
    static func text(_ bytes: [UInt8]) -> String? {
        let family: CInt
        switch bytes.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN) + 1)
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The one way of writing that ``text(_:)`` uses.
    static func canonical(_ address: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, address, &bytes) == 1 { return text(bytes) }
        if inet_pton(AF_INET, address, &bytes) == 1 { return text(Array(bytes.prefix(4))) }
        return nil
    }
}
