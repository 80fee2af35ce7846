/// The commits since the tiles were last made durable, as records one behind the other in the file `journal`.
///
/// A commit is durable as soon as its record is, which takes one write and one synchronisation; tiles and checkpoint
/// follow. A record, integers big-endian:
///
/// | offset | bytes | field                                                                    |
/// |-------:|------:|:-------------------------------------------------------------------------|
/// |      0 |     8 | `LNTNAUD1`                                                               |
/// |      8 |     8 | entries in the log before                                                |
/// |     16 |     4 | entries in the record                                                    |
/// |     20 |     4 | their bytes                                                              |
/// |     24 |       | the entries, each behind two bytes of length, as in a bundle             |
/// |        |    32 | the log's root hash after them                                           |
/// |        |    68 | the checkpoint's signature of that size and root: key hash and signature |
/// |        |    32 | SHA-256 of all before                                                    |
///
/// The file keeps its size; a new round begins at offset 0 over the old one. Since the number of entries only grows, no
/// old record continues a new one.
enum AuditJournal {
    static let path = "journal"
    /// Size of the file.
    static let capacity = 4 << 20
    /// Entries in one record, and their bytes: a record always fits.
    static let maximumEntries = 2048
    static let maximumBytes = 1 << 20
    /// What ends the records: no record begins so.
    static let end = [UInt8](repeating: 0, count: 64)

    private static let magic = Array("LNTNAUD1".utf8)
    private static let head = 24
    private static let signature = 68
    private static let tail = SHA256Hash.size + signature + SHA256Hash.size

    struct Record: Sendable, Hashable {
        /// Entries in the log before.
        let start: Int
        let entries: [[UInt8]]
        let root: SHA256Hash
        /// Key hash and signature, as they stand in a note.
        let signature: [UInt8]

        var end: Int { start + entries.count }
    }

    /// Bytes of the record with these entries.
    static func size(of entries: [[UInt8]]) -> Int { entries.reduce(head + tail) { $0 + $1.count + 2 } }

    static func encode(_ record: Record) -> [UInt8] {
        var content = EntryBundle()
        for entry in record.entries { content.append(entry) }
        var bytes = magic
        bytes.reserveCapacity(head + content.bytes.count + tail)
        bytes.append(number: UInt64(clamping: record.start), width: 8)
        bytes.append(number: UInt64(clamping: record.entries.count), width: 4)
        bytes.append(number: UInt64(clamping: content.bytes.count), width: 4)
        bytes += content.bytes
        bytes += record.root.bytes
        bytes += record.signature
        bytes += SHA256Hash.of(bytes).bytes
        return bytes
    }

    /// The records from the beginning, as far as each is whole and continues the one before.
    static func records(in journal: [UInt8]) -> [Record] {
        var records: [Record] = []
        var offset = 0
        while let (record, length) = record(in: journal, at: offset) {
            if let last = records.last, last.end != record.start { break }
            records.append(record)
            offset += length
        }
        return records
    }

    private static func record(in journal: [UInt8], at offset: Int) -> (Record, length: Int)? {
        guard offset + head <= journal.count, journal[offset..<(offset + 8)].elementsEqual(magic) else {
            return nil
        }
        let start = journal.number(at: offset + 8, width: 8)
        let count = Int(journal.number(at: offset + 16, width: 4))
        let size = Int(journal.number(at: offset + 20, width: 4))
        guard start <= UInt64(Int.max >> 1), (1...maximumEntries).contains(count),
            size <= journal.count, offset + head + size + tail <= journal.count
        else { return nil }
        let content = offset + head
        let rest = content + size
        let checked = rest + tail - SHA256Hash.size
        guard SHA256Hash(journal[checked..<(rest + tail)]) == .of(Array(journal[offset..<checked])),
            let root = SHA256Hash(journal[rest..<(rest + SHA256Hash.size)])
        else { return nil }
        let bundle = EntryBundle(reading: Array(journal[content..<rest]), limit: count)
        guard bundle.count == count, bundle.bytes.count == size else { return nil }
        let record = Record(
            start: Int(start), entries: bundle.entries, root: root,
            signature: Array(journal[(rest + SHA256Hash.size)..<checked]))
        return (record, head + size + tail)
    }
}

extension [UInt8] {
    fileprivate mutating func append(number: UInt64, width: Int) {
        for place in stride(from: width - 1, through: 0, by: -1) {
            append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(place))))
        }
    }

    /// The caller has checked that these bytes are there.
    fileprivate func number(at offset: Int, width: Int) -> UInt64 {
        self[offset..<(offset + width)].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
