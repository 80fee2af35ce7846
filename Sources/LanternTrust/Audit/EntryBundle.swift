/// Up to 256 entries, each behind its length in two bytes, most significant first.
struct EntryBundle: Sendable, Hashable {
    private(set) var entries: [[UInt8]] = []
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Reads as many whole entries as there are.
    ///
    /// - Parameter limit: how many entries to take at most.
    init(reading data: [UInt8], limit: Int = MerkleTree.tileWidth) {
        var position = 0
        while entries.count < limit, position + 2 <= data.count {
            let length = Int(data[position]) << 8 | Int(data[position + 1])
            guard position + 2 + length <= data.count else { return }
            append(Array(data[(position + 2)..<(position + 2 + length)]))
            position += 2 + length
        }
    }

    var count: Int { entries.count }

    /// - Precondition checked by the caller: an entry is at most 65,535 bytes.
    mutating func append(_ entry: [UInt8]) {
        let length = UInt16(truncatingIfNeeded: entry.count)
        bytes.append(UInt8(length >> 8))
        bytes.append(UInt8(length & 255))
        bytes += entry
        entries.append(entry)
    }
}
