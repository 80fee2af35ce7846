import LanternTrust

/// A member that one peer may call: the permit and how to run it.
final class PreparedMember: Sendable {
    let permit: Permit
    let object: RegisteredObject
    let member: ObjectMember

    init(permit: Permit, object: RegisteredObject, member: ObjectMember) {
        self.permit = permit
        self.object = object
        self.member = member
    }
}

/// The methods that one connection's peer called before: the same question under the same policy has the same answer.
///
/// Refusals are not kept, nor are attributes; another policy empties it.
struct PreparedMembers {
    /// Few enough to be searched one after the other; most peers use a handful of methods.
    private static let capacity = 16

    private struct Entry {
        let name: ExactName
        let prepared: PreparedMember
    }

    private var policy: PolicyTable?
    private var entries: [Entry] = []

    /// - Parameter object: what the caller's object id means now; another object under a known id is not known.
    func find(_ method: String, of object: RegisteredObject?, under policy: PolicyTable) -> PreparedMember? {
        guard self.policy === policy else { return nil }
        for entry in entries where entry.prepared.object === object && entry.name.isSame(as: method) {
            return entry.prepared
        }
        return nil
    }

    mutating func keep(_ prepared: PreparedMember, under policy: PolicyTable) {
        guard case .method(let name) = prepared.member.name else { return }
        if self.policy !== policy || entries.count >= Self.capacity {
            entries.removeAll(keepingCapacity: true)
            self.policy = policy
        }
        entries.append(Entry(name: ExactName(name), prepared: prepared))
    }
}

/// A name that is compared byte by byte, as the policy compares them.
///
/// `String` equality is quick but takes a composed letter for a decomposed one. A text equal to an ASCII one that has as
/// many bytes is the same one: whatever else Unicode holds for equal to ASCII is longer.
struct ExactName {
    private let text: String
    private let count: Int
    private let isASCII: Bool

    init(_ text: String) {
        self.text = text
        count = text.utf8.count
        isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    }

    func isSame(as other: String) -> Bool {
        text == other && count == other.utf8.count && (isASCII || text.utf8.elementsEqual(other.utf8))
    }
}
