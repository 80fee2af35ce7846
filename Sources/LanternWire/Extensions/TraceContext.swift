import NIOCore

/// Where in a trace a call stands, as the annotations LNTP and LNTS: the two texts of W3C Trace Context.
///
/// `LNTP` is a `traceparent`: version, trace id, parent id and flags in lower case hexadecimal digits. `LNTS` is a
/// `tracestate`: up to 32 members `key=value`, at most 512 bytes. A parent that breaks the rules counts as none, and then
/// the state does too; a state that does is dropped alone.
///
/// - Source: W3C Trace Context, level 1, sections 3.2 and 3.3.
package struct TraceContext: Sendable, Hashable {
    package static let maximumState = 512
    package static let maximumMembers = 32
    /// Bytes of a parent of a later version than ours; more than the standard's own are passed on as they are.
    private static let maximumParent = 128

    package let parent: String
    package let state: String?

    /// - Returns: nil for a parent that breaks the rules.
    package init?(parent: some StringProtocol, state: (some StringProtocol)?) {
        guard Self.isParent(Array(parent.utf8)) else { return nil }
        self.parent = String(parent)
        self.state = state.flatMap { Self.isState(Array($0.utf8)) ? String($0) : nil }
    }

    // MARK: - Annotations

    /// - Returns: nil when there is none, or one that breaks the rules.
    package init?(_ annotations: Annotations) {
        guard !annotations.isEmpty, let parent = annotations[.traceParent],
            parent.readableBytes <= Self.maximumParent
        else { return nil }
        let state = annotations[.traceState].flatMap {
            $0.readableBytes <= Self.maximumState ? String(buffer: $0) : nil
        }
        self.init(parent: String(buffer: parent), state: state)
    }

    package func write(into annotations: inout Annotations) {
        annotations[.traceParent] = ByteBuffer(string: parent)
        annotations[.traceState] = state.map { ByteBuffer(string: $0) }
    }

    // MARK: - Rules

    private static func isParent(_ bytes: [UInt8]) -> Bool {
        let dash = UInt8(ascii: "-")
        guard (55...maximumParent).contains(bytes.count), bytes[2] == dash, bytes[35] == dash,
            bytes[52] == dash
        else { return false }
        let version = bytes[0..<2]
        guard version.allSatisfy(isDigit), !version.elementsEqual("ff".utf8),
            bytes[53..<55].allSatisfy(isDigit),
            isID(bytes[3..<35]), isID(bytes[36..<52])
        else { return false }
        if bytes.count == 55 { return true }
        // Later versions may have more behind another dash.
        return !version.elementsEqual("00".utf8) && bytes[55] == dash
            && bytes.allSatisfy { (0x21..<0x7F).contains($0) }
    }

    /// Digits that are not all zero.
    private static func isID(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.allSatisfy(isDigit) && digits.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isState(_ bytes: [UInt8]) -> Bool {
        guard (1...maximumState).contains(bytes.count) else { return false }
        var keys: Set<[UInt8]> = []
        var count = 0
        for part in bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            count += 1
            guard count <= maximumMembers else { return false }
            let member = trimmed(part)
            // Empty members are allowed.
            if member.isEmpty { continue }
            guard let equal = member.firstIndex(of: UInt8(ascii: "=")), isKey(member[..<equal]),
                isValue(member[(equal + 1)...]), keys.insert(Array(member[..<equal])).inserted
            else { return false }
        }
        return !keys.isEmpty
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let end = part.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? part.startIndex
        return part[..<end].drop(while: isSpace)
    }

    /// `key`, or `tenant@system`.
    private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
        let parts = key.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return (1...256).contains(parts[0].count) && isWord(parts[0], startsWithDigit: false)
        case 2:
            return (1...241).contains(parts[0].count) && (1...14).contains(parts[1].count)
                && isWord(parts[0], startsWithDigit: true) && isWord(parts[1], startsWithDigit: false)
        default: return false
        }
    }

    private static func isWord(_ word: ArraySlice<UInt8>, startsWithDigit: Bool) -> Bool {
        guard let first = word.first else { return false }
        let isLetter = { (byte: UInt8) in (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
        let isFigure = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        guard isLetter(first) || (startsWithDigit && isFigure(first)) else { return false }
        return word.allSatisfy { isLetter($0) || isFigure($0) || "_-*/".utf8.contains($0) }
    }

    private static func isValue(_ value: ArraySlice<UInt8>) -> Bool {
        guard (1...256).contains(value.count), value.last != 0x20 else { return false }
        return value.allSatisfy {
            (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
        }
    }
}
