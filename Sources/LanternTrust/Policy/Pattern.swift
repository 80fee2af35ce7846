/// A text in which `*` stands for any run of characters, also none; everything else stands for itself.
///
/// Matching is linear in the length of the text: the pieces between the stars are found from left to right,
/// and the leftmost place for a piece is never worse than a later one, so nothing is tried twice.
struct Pattern: Sendable, Hashable {
    static let maximumLength = 2048

    private enum Form: Sendable, Hashable {
        case anything
        case exactly([UInt8])
        /// Text before the first star, between the stars, and after the last one.
        case pieces(first: [UInt8], middle: [Piece], last: [UInt8])
    }

    let text: String
    private let form: Form

    init(_ text: String) {
        self.text = text
        let star = UInt8(ascii: "*")
        var pieces = text.utf8.split(separator: star, omittingEmptySubsequences: false).map(Array.init)
        guard pieces.count > 1, let last = pieces.popLast() else {
            form = .exactly(Array(text.utf8))
            return
        }
        let first = pieces.removeFirst()
        let middle = pieces.filter { !$0.isEmpty }.map(Piece.init)
        let isEmpty = first.isEmpty && middle.isEmpty && last.isEmpty
        form = isEmpty ? .anything : .pieces(first: first, middle: middle, last: last)
    }

    /// What a ``PatternTrie`` must know of it.
    enum Shape {
        case exactly([UInt8])
        /// A star at the end and no other; with nothing before it, it matches everything.
        case prefix([UInt8])
        case other
    }

    var shape: Shape {
        switch form {
        case .anything: .prefix([])
        case .exactly(let bytes): .exactly(bytes)
        case .pieces(let first, let middle, let last):
            middle.isEmpty && last.isEmpty ? .prefix(first) : .other
        }
    }

    /// Whether it matches all that another one matches.
    ///
    /// Only a star can match a star, so it does when it matches the other's text, star and all. Without a star in the
    /// other that is exact; else it may say no where the other's alternatives are all covered in another way.
    func covers(_ other: String) -> Bool { matches(other) }

    /// Whether there is a text that both match.
    static func overlap(_ one: String, _ other: String) -> Bool {
        let one = Array(one.utf8)
        let other = Array(other.utf8)
        let star = UInt8(ascii: "*")
        // reached[j]: some text is matched by the pieces of `one` so far and by the first j bytes of `other`.
        var reached = [Bool](repeating: false, count: other.count + 1)
        reached[0] = true
        for (index, byte) in other.enumerated() where byte == star { reached[index + 1] = reached[index] }
        for byte in one {
            var next = [Bool](repeating: false, count: other.count + 1)
            next[0] = byte == star && reached[0]
            for (index, that) in other.enumerated() {
                if byte == star {
                    next[index + 1] = reached[index + 1] || next[index]
                } else if that == star {
                    next[index + 1] = reached[index + 1] || next[index]
                } else {
                    next[index + 1] = byte == that && reached[index]
                }
                if that == star { next[index + 1] = next[index + 1] || next[index] }
            }
            reached = next
        }
        return reached[other.count]
    }

    /// What is wrong with a pattern that a person wrote; `nil` when nothing is.
    static func problem(in text: String) -> String? {
        if text.isEmpty { return "pattern is empty" }
        if text.utf8.count > maximumLength { return "pattern has more than \(maximumLength) bytes" }
        let isBad: (Unicode.Scalar) -> Bool = {
            $0.properties.isWhitespace || $0.value < 0x20 || $0.value == 0x7F
        }
        if text.unicodeScalars.contains(where: isBad) { return "pattern holds a blank or control character" }
        return nil
    }

    func matches(_ text: String) -> Bool {
        if case .anything = form { return true }
        return text.utf8.withContiguousStorageIfAvailable(matches)
            ?? Array(text.utf8).withUnsafeBufferPointer(matches)
    }

    private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch form {
        case .anything: return true
        case .exactly(let bytes): return text.elementsEqual(bytes)
        case .pieces(let first, let middle, let last):
            guard text.count >= first.count + last.count, text.starts(with: first) else { return false }
            let end = text.count - last.count
            guard text[end...].elementsEqual(last) else { return false }
            var start = first.count
            for piece in middle {
                guard let found = piece.end(in: text[start..<end]) else { return false }
                start = found
            }
            return true
        }
    }
}

/// A piece between two stars, with what it takes to find it in linear time (Knuth, Morris and Pratt).
private struct Piece: Sendable, Hashable {
    private let bytes: [UInt8]
    /// For each length of a match so far: how much of it is still a match after a wrong byte.
    private let fallback: [Int]

    /// - Parameter bytes: at least one.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var fallback = [Int](repeating: 0, count: bytes.count)
        var matched = 0
        for index in bytes.indices.dropFirst() {
            while matched > 0, bytes[matched] != bytes[index] { matched = fallback[matched - 1] }
            if bytes[matched] == bytes[index] { matched += 1 }
            fallback[index] = matched
        }
        self.fallback = fallback
    }

    /// Where the first occurrence ends; `nil` when there is none.
    func end(in text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var matched = 0
        for index in text.indices {
            while matched > 0, bytes[matched] != text[index] { matched = fallback[matched - 1] }
            if bytes[matched] == text[index] { matched += 1 }
            if matched == bytes.count { return index + 1 }
        }
        return nil
    }
}
