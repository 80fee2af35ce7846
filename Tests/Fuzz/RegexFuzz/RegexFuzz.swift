@testable import LanternNameServer

/// What libFuzzer calls with every input: a pattern, a zero byte, a text.
///
/// Nothing may trap, and no pattern may take more steps than its size times the text's.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRegex(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let regex = try? LinearRegex(String(decoding: parts[0], as: UTF8.self)) else { return 0 }
    let text = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self) : ""
    var steps = 0
    let members = 2 + regex.pattern.unicodeScalars.count
    let limit = members * (LinearRegex.maximumStates + 1) * (text.unicodeScalars.count + 1)
    guard regex.matches(text, steps: &steps, limit: limit) != nil else {
        fatalError("more than \(limit) steps")
    }
    guard regex.literalPrefix.isEmpty || !regex.matches(text) || startsWith(text, regex.literalPrefix) else {
        fatalError("a text matches without the certain prefix")
    }
    return 0
}

private func startsWith(_ text: String, _ prefix: String) -> Bool {
    text.utf8.starts(with: prefix.utf8)
}
