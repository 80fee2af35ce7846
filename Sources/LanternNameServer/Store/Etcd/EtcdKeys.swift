/// Where a name server on etcd keeps what, below one prefix.
///
/// | key | value |
/// |:----|:------|
/// | `n/` name | the entry, as ``EntryForm`` writes it |
/// | `l/` epoch, 16 hexadecimal digits | duration in milliseconds, a blank, the owner; lives by an etcd lease |
/// | `epoch` | the latest epoch |
/// | `step` | who made the latest step; its version is the store's revision |
/// | `s/` name server `/` number | the latest transaction of one sender: see ``EtcdSender`` |
struct EtcdKeys: Sendable {
    let prefix: [UInt8]

    /// - Parameter prefix: a slash is put behind it.
    init(prefix: String) { self.prefix = Array((prefix.hasSuffix("/") ? prefix : prefix + "/").utf8) }

    var step: [UInt8] { prefix + Array("step".utf8) }
    var epoch: [UInt8] { prefix + Array("epoch".utf8) }

    func name(_ name: String) -> [UInt8] { prefix + Array("n/".utf8) + Array(name.utf8) }

    func lease(_ epoch: Int64) -> [UInt8] {
        let digits = String(epoch, radix: 16)
        return prefix + Array("l/".utf8)
            + Array((String(repeating: "0", count: 16 - digits.count) + digits).utf8)
    }

    func sender(_ server: String, _ number: Int) -> [UInt8] { prefix + Array("s/\(server)/\(number)".utf8) }

    enum Kind {
        case step, epoch, name(String), lease(Int64), other
    }

    /// What a key is for; keys of others, and names that are not UTF-8, are ``Kind/other``.
    func kind(of key: [UInt8]) -> Kind {
        guard key.starts(with: prefix) else { return .other }
        let rest = key[prefix.count...]
        if rest.elementsEqual("step".utf8) { return .step }
        if rest.elementsEqual("epoch".utf8) { return .epoch }
        if rest.starts(with: "n/".utf8) {
            return String(validating: rest.dropFirst(2), as: UTF8.self).map(Kind.name) ?? .other
        }
        guard rest.starts(with: "l/".utf8), rest.count == 18 else { return .other }
        return Int64(String(decoding: rest.dropFirst(2), as: UTF8.self), radix: 16).map(Kind.lease) ?? .other
    }
}

/// A lease as a value of etcd.
enum EtcdLeaseForm {
    static func bytes(duration: Int64, owner: String) -> [UInt8] { Array("\(duration) \(owner)".utf8) }

    static func lease(_ epoch: Int64, _ bytes: [UInt8]) -> NameLease? {
        guard let blank = bytes.firstIndex(of: UInt8(ascii: " ")),
            let duration = Int64(String(decoding: bytes[..<blank], as: UTF8.self)),
            let owner = String(validating: bytes[(blank + 1)...], as: UTF8.self)
        else { return nil }
        return NameLease(epoch: epoch, owner: owner, duration: duration)
    }
}
