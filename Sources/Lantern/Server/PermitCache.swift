import LanternTrust

/// The permits that one connection's peer got before: the same question under the same policy has the same answer.
///
/// Refusals are not kept, and another policy empties it.
final class PermitCache {
    /// Few enough to be searched one after the other; most peers use a handful of methods.
    private static let capacity = 16
    private var policy: PolicyTable?
    private var permits: [Permit] = []

    /// Names are compared byte by byte, as the policy compares them.
    func permit(for method: String, on object: String, under policy: PolicyTable) -> Permit? {
        guard self.policy === policy else { return nil }
        return permits.first { Self.isSame($0.method, method) && Self.isSame($0.object, object) }
    }

    func keep(_ permit: Permit, under policy: PolicyTable) {
        if self.policy !== policy || permits.count >= Self.capacity {
            permits.removeAll(keepingCapacity: true)
            self.policy = policy
        }
        permits.append(permit)
    }

    /// `String` equality is quick but takes a composed letter for a decomposed one; ASCII has neither.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        one == other
            && (one.utf8.count == other.utf8.count && one.isASCII || one.utf8.elementsEqual(other.utf8))
    }
}

extension String {
    private static let asciiOnly: UInt8 = 0x80

    fileprivate var isASCII: Bool {
        utf8.withContiguousStorageIfAvailable { bytes in
            bytes.reduce(0) { $0 | $1 } < Self.asciiOnly
        } ?? false
    }
}
