/// Characters by their Unicode names, for `\N{NAME}`, which no encoder writes.
enum UnicodeNames {
    /// No name is longer, in bytes.
    static let longest = 100

    /// Hash of the name and the character, sorted by hash; made when the first such escape comes.
    ///
    /// Four bytes and eight for each of some 50,000 names: the names themselves stay in the standard library.
    private static let table: [(hash: UInt64, scalar: UInt32)] = {
        var table: [(hash: UInt64, scalar: UInt32)] = []
        for range: ClosedRange<UInt32> in [
            0x20...0x33ff, 0xa000...0xabff, 0xf900...0x18cff, 0x1af00...0x1fbff,
        ] {
            for point in range {
                guard let scalar = Unicode.Scalar(point), let name = scalar.properties.name else { continue }
                table.append((hash(name), point))
            }
        }
        table.sort { $0.hash < $1.hash }
        return table
    }()

    /// The character of that name, in any case of letters.
    static func scalar(named name: String) -> Unicode.Scalar? {
        let name = name.uppercased()
        let wanted = hash(name)
        var low = 0
        var high = table.count
        while low < high {
            let middle = (low + high) / 2
            if table[middle].hash < wanted { low = middle + 1 } else { high = middle }
        }
        while low < table.count, table[low].hash == wanted {
            if let scalar = Unicode.Scalar(table[low].scalar), scalar.properties.name == name {
                return scalar
            }
            low += 1
        }
        return nil
    }

    /// FNV-1a.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    }
}
