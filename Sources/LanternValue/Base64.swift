/// The standard alphabet of RFC 4648 with padding, as Python's `base64` module writes it.
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// For each twelve bits their two characters, the first one in the low byte.
    private static let pairs: [UInt16] = (0..<4096).map { bits in
        UInt16(alphabet[bits >> 6]) | UInt16(alphabet[bits & 63]) << 8
    }
    /// For each byte its six bits, or 255 outside the alphabet.
    private static let sextets: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (index, character) in alphabet.enumerated() { table[Int(character)] = UInt8(index) }
        return table
    }()
    /// Four tables of 256, for the first to the fourth character of a group: its bits in their place, or the top bit.
    private static let groups: [UInt32] = (0..<4).flatMap { place in
        sextets.map { $0 == 255 ? 1 << 31 : UInt32($0) << UInt32(18 - 6 * place) }
    }
    private static let padding = UInt8(ascii: "=")
    /// A multiple of three: so many bytes are written at a time.
    private static let chunk = 48 << 10

    package static func encode(_ bytes: [UInt8]) -> String {
        String(decoding: encodedBytes(bytes), as: UTF8.self)
    }

    package static func encodedBytes(_ bytes: [UInt8]) -> [UInt8] {
        var sink = ByteSink(capacity: (bytes.count + 2) / 3 * 4)
        bytes.withUnsafeBytes { append($0, to: &sink) }
        return sink.take()
    }

    static func append(_ bytes: UnsafeRawBufferPointer, to sink: inout ByteSink) {
        sink.reserve((bytes.count + 2) / 3 * 4)
        var start = 0
        while start < bytes.count {
            let end = min(start &+ chunk, bytes.count)
            let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            // Four characters for each three bytes, begun ones included.
            sink.append(upTo: (part.count &+ 2) / 3 &* 4) { write(part, into: $0) }
            start = end
        }
    }

    /// - Parameter room: four bytes for each three, begun ones included.
    private static func write(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer)
        -> Int
    {
        var index = 0
        var place = 0
        pairs.withUnsafeBufferPointer { pairs in
            while index &+ 2 < bytes.count {
                let group =
                    UInt32(bytes[index]) << 16 | UInt32(bytes[index &+ 1]) << 8 | UInt32(bytes[index &+ 2])
                let characters =
                    UInt32(pairs[Int(group >> 12)]) | UInt32(pairs[Int(group & 0xfff)]) << 16
                room.storeBytes(of: characters.littleEndian, toByteOffset: place, as: UInt32.self)
                index &+= 3
                place &+= 4
            }
        }
        guard index < bytes.count else { return place }
        let isTwo = index &+ 1 < bytes.count
        let group = UInt32(bytes[index]) << 16 | (isTwo ? UInt32(bytes[index &+ 1]) << 8 : 0)
        room[place] = alphabet[Int(group >> 18)]
        room[place &+ 1] = alphabet[Int(group >> 12 & 63)]
        room[place &+ 2] = isTwo ? alphabet[Int(group >> 6 & 63)] : padding
        room[place &+ 3] = padding
        return place &+ 4
    }

    /// - Returns: `nil` for anything but whole groups of four in the alphabet with the padding at the end.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let decoded = text.withContiguousStorageIfAvailable({ decode(UnsafeRawBufferPointer($0)) }) {
            return decoded
        }
        return Array(text).withUnsafeBytes { decode($0) }
    }

    private static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        if text.isEmpty { return [] }
        let padded = text[text.count &- 1] != padding ? 0 : text[text.count &- 2] != padding ? 1 : 2
        let whole = padded == 0 ? text.count / 4 : text.count / 4 &- 1
        var isValid = true
        var output = [UInt8](unsafeUninitializedCapacity: text.count / 4 &* 3) { room, count in
            // Of a character outside the alphabet the top bit stays in `seen`.
            var seen: UInt32 = 0
            groups.withUnsafeBufferPointer { groups in
                for group in 0..<whole {
                    let place = group &* 4
                    let bits =
                        groups[Int(text[place])] | groups[256 &+ Int(text[place &+ 1])]
                        | groups[512 &+ Int(text[place &+ 2])] | groups[768 &+ Int(text[place &+ 3])]
                    seen |= bits
                    room[group &* 3] = UInt8(truncatingIfNeeded: bits >> 16)
                    room[group &* 3 &+ 1] = UInt8(truncatingIfNeeded: bits >> 8)
                    room[group &* 3 &+ 2] = UInt8(truncatingIfNeeded: bits)
                }
            }
            isValid = seen >> 31 == 0
            count = whole &* 3
        }
        guard isValid else { return nil }
        guard padded > 0 else { return output }
        let place = whole &* 4
        let (a, b) = (sextets[Int(text[place])], sextets[Int(text[place &+ 1])])
        let c = padded == 1 ? sextets[Int(text[place &+ 2])] : 0
        guard (a | b | c) & 0x80 == 0 else { return nil }
        let bits = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6
        output.append(UInt8(truncatingIfNeeded: bits >> 16))
        if padded == 1 { output.append(UInt8(truncatingIfNeeded: bits >> 8)) }
        return output
    }
}
