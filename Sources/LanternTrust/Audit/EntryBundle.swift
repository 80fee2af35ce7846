/// Up to 256 entries, each behind its length in two bytes, most significant first.
struct EntryBundle: Sendable, Hashable {
    private(set) var bytes: [UInt8] = []
    /// Where each entry lies in `bytes`.
    private var places: [Range<Int>] = []

    init() {}

    /// Reads as many whole entries as there are.
    ///
    /// - Parameter limit: how many entries to take at most.
    init(reading data: [UInt8], limit: Int = MerkleTree.tileWidth) {
        var position = 0
        while places.count < limit, position + 2 <= data.count {
            let length = Int(data[position]) << 8 | Int(data[position + 1])
            guard position + 2 + length <= data.count else { break }
            places.append((position + 2)..<(position + 2 + length))
            position += 2 + length
        }
        bytes = position == data.count ? data : Array(data[..<position])
    }

    var count: Int { places.count }

    var entries: [[UInt8]] { places.map { Array(bytes[$0]) } }

    /// - Precondition checked by the caller: `index` is below ``count``.
    func entry(_ index: Int) -> ArraySlice<UInt8> { bytes[places[index]] }

    /// - Precondition checked by the caller: an entry is at most 65,535 bytes.
    mutating func append(_ entry: some Collection<UInt8>) {
        let length = UInt16(truncatingIfNeeded: entry.count)
        bytes.append(UInt8(length >> 8))
        bytes.append(UInt8(length & 255))
        places.append(bytes.count..<(bytes.count + entry.count))
        bytes += entry
    }
}
