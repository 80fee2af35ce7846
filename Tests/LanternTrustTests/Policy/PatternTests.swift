import Testing

@testable import LanternTrust

struct PatternTests {
    @Test(
        "what matches",
        arguments: [
            ("a", "a"), ("*", ""), ("*", "anything"), ("**", ""), ("a*", "a"), ("a*", "abc"), ("*a", "a"),
            ("*a", "bca"),
            ("a*c", "ac"), ("a*c", "abbbc"), ("a*b*c", "aXbYc"), ("a*b*c", "abbc"), ("*ab*", "aab"),
            ("*aab*", "aaab"),
            ("*abab*x", "abaababx"), ("a**c", "abc"), ("a.c", "a.c"), ("[a]", "[a]"), ("a?", "a?"),
            ("é*", "éa"),
        ])
    func matches(pattern: String, text: String) { #expect(Pattern(pattern).matches(text)) }

    @Test(
        "what does not match",
        arguments: [
            ("a", "A"), ("a", ""), ("a", "ab"), ("a", "ba"), ("a*", "ba"), ("*a", "ab"), ("a*a", "a"),
            ("ab*ba", "aba"),
            ("a*c", "acb"), ("a*b*c", "acb"), ("*aa*aa*", "aaa"), ("a.c", "abc"), ("a?", "ab"), ("[ab]", "a"),
            ("a*b*b", "ab"), ("spiffe://td/client/*", "spiffe://td/client"), ("e\u{301}", "\u{E9}"),
        ])
    func refuses(pattern: String, text: String) { #expect(!Pattern(pattern).matches(text)) }

    @Test("agrees with plain recursion on every short text")
    func exhaustive() {
        func texts(_ alphabet: [UInt8], upTo length: Int) -> [[UInt8]] {
            (0..<length).reduce(into: [[]]) { all, _ in
                all = [[]] + all.flatMap { text in alphabet.map { [$0] + text } }
            }
        }
        func plain(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == UInt8(ascii: "*") {
                return plain(pattern.dropFirst(), text) || (!text.isEmpty && plain(pattern, text.dropFirst()))
            }
            return text.first == first && plain(pattern.dropFirst(), text.dropFirst())
        }
        let subjects = texts(Array("ab".utf8), upTo: 5)
        for bytes in texts(Array("ab*".utf8), upTo: 5) {
            let pattern = Pattern(String(decoding: bytes, as: UTF8.self))
            let wrong = subjects.first {
                pattern.matches(String(decoding: $0, as: UTF8.self)) != plain(bytes[...], $0[...])
            }
            #expect(wrong == nil, "\(pattern.text)")
        }
    }

    @Test("a pattern made to be slow is not", .timeLimit(.minutes(1)))
    func hostile() {
        let pattern = Pattern(String(repeating: "*" + String(repeating: "a", count: 40) + "b", count: 40))
        let text = String(repeating: "a", count: 2_000_000)
        #expect(!pattern.matches(text))
    }
}
