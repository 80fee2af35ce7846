/// What the producer of one stream may still send; both ends keep the same account.
///
/// Items are allowed while both sums are above zero. The last of them may be larger than the bytes that are left,
/// which go below zero then: an item of any size can travel, whatever the window.
struct CreditAccount: Sendable, Hashable {
    /// The most that either sum may reach.
    static let maximum = Int(Int32.max)

    private(set) var items = 0
    private(set) var bytes = 0

    var isOpen: Bool { items > 0 && bytes > 0 }

    /// - Throws: ``StreamViolation/emptyCredit(_:)``, ``StreamViolation/creditOverflow(_:)``; nothing is added then.
    mutating func add(items: Int, bytes: Int, stream: UInt32) throws(StreamViolation) {
        guard items >= 0, bytes >= 0, items > 0 || bytes > 0 else { throw .emptyCredit(stream) }
        let (newItems, itemsOverflow) = self.items.addingReportingOverflow(items)
        let (newBytes, bytesOverflow) = self.bytes.addingReportingOverflow(bytes)
        guard !itemsOverflow, !bytesOverflow, newItems <= Self.maximum, newBytes <= Self.maximum else {
            throw .creditOverflow(stream)
        }
        self.items = newItems
        self.bytes = newBytes
    }

    /// Takes items that were sent in one message off the account.
    ///
    /// - Throws: ``StreamViolation/tooManyItems(stream:sent:credit:)``,
    ///   ``StreamViolation/tooManyBytes(stream:sent:credit:)``; nothing is taken off then.
    mutating func spend(items count: Int, bytes size: Int, stream: UInt32) throws(StreamViolation) {
        guard count <= items else { throw .tooManyItems(stream: stream, sent: count, credit: items) }
        guard bytes > 0, count == 1 || size <= bytes else {
            throw .tooManyBytes(stream: stream, sent: size, credit: bytes)
        }
        items &-= count
        bytes &-= size
    }
}
