import Foundation
import Testing

@testable import LanternNameServer

struct LinearRegexTests {
    /// `Tests/Vectors/regex.json`: each pattern over each text, with what Python's `re.match` said.
    struct Vectors: Decodable {
        struct Pattern: Decodable, Sendable {
            let pattern: String
            let matches: [String]?
            let error: String?
        }
        let texts: [String]
        let patterns: [Pattern]

        static func load() throws -> Self {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Vectors/regex.json")
            return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
        }
    }

    @Test("every pattern matches what Python's re.match matches, and is refused where Python refuses")
    func python() throws {
        let vectors = try Vectors.load()
        #expect(vectors.patterns.count > 100)
        for vector in vectors.patterns {
            guard let expected = vector.matches else {
                let error = #expect(throws: NamingError.self, "\(vector.pattern)") {
                    try LinearRegex(vector.pattern)
                }
                #expect(error?.code == .invalidRegex)
                continue
            }
            let regex = try LinearRegex(vector.pattern)
            for text in vectors.texts {
                let isExpected = expected.contains { $0.isExactly(text) }
                #expect(
                    regex.matches(text) == isExpected,
                    "\(vector.pattern.debugDescription) on \(text.debugDescription)")
            }
        }
    }

    @Test(
        "errors have Python's words and positions",
        arguments: [
            ("*a", "nothing to repeat at position 0"), ("a**", "multiple repeat at position 2"),
            ("^*", "nothing to repeat at position 1"), ("a)", "unbalanced parenthesis at position 1"),
            ("(a", "missing ), unterminated subpattern at position 0"),
            ("x[a", "unterminated character set at position 1"),
            ("[z-a]", "bad character range z-a at position 1"),
            ("[\\w-z]", "bad character range \\w-z at position 1"), ("\\q", "bad escape \\q at position 0"),
            ("\\", "bad escape (end of pattern) at position 0"),
            ("a{3,2}", "min repeat greater than max repeat at position 2"),
            ("\\x4", "incomplete escape \\x4 at position 0"),
            ("a(?i)b", "global flags not at the start of the expression at position 1"),
        ])
    func words(pattern: String, expected: String) {
        let error = #expect(throws: NamingError.self) { try LinearRegex(pattern) }
        #expect(error?.message == "invalid regex: " + expected)
    }

    @Test(
        "what needs trying back is refused and says so",
        arguments: [
            "(a)\\1", "(?P<x>a)(?P=x)", "(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(?>a)", "a++", "a*+", "a?+",
            "a{1,2}+",
            "(a)(?(1)b|c)",
        ])
    func notLinear(pattern: String) {
        let error = #expect(throws: NamingError.self) { try LinearRegex(pattern) }
        #expect(error?.message.contains("linear time") == true)
    }

    @Test(
        "patterns that cost too much are refused before they are built",
        arguments: [
            "a{1001}", "(a{100}){100}", "(((a{99}){99}){99}){99}", "a{99999999999999999999}", "a{0,1000}",
            String(repeating: "a", count: 1025),
            String(repeating: "(", count: 300) + String(repeating: ")", count: 300),
            String(repeating: "(a?){50}", count: 12),
        ])
    func tooLarge(pattern: String) {
        let error = #expect(throws: NamingError.self) { try LinearRegex(pattern) }
        #expect(error?.code == .invalidRegex)
    }

    @Test(
        "patterns that ruin Python take work linear in the text",
        arguments: ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(a*)*(a*)*b", "a?{0}"])
    func pathological(pattern: String) throws {
        guard let regex = try? LinearRegex(pattern) else { return }
        for length in [1000, 10_000] {
            var steps = 0
            let text = String(repeating: "a", count: length) + "!"
            #expect(regex.matches(text, steps: &steps, limit: .max) == false)
            #expect(steps <= 3 * regex.program.count * (length + 2))
        }
    }

    @Test("every member of a class is work: a large class many times over is given up too")
    func largeClasses() throws {
        let scalars = (0..<300).compactMap { Unicode.Scalar(0x4E00 + 2 * $0) }
        let members = String(String.UnicodeScalarView(scalars))
        let regex = try LinearRegex("([\(members)]?){100}b")
        var steps = 0
        let text = String(repeating: "\u{4E00}", count: 50)
        #expect(regex.matches(text, steps: &steps, limit: .max) == false)
        #expect(steps > 300 * 50)
        steps = 0
        #expect(regex.matches(text, steps: &steps, limit: 10_000) == nil)
        #expect(steps < 11_000)
    }

    @Test("work over the limit is given up")
    func workLimit() throws {
        var steps = 0
        let regex = try LinearRegex("(a+)+$")
        #expect(regex.matches(String(repeating: "a", count: 10_000) + "!", steps: &steps, limit: 1000) == nil)
        #expect(steps < 1100)
    }

    @Test(
        "the literal beginning is known",
        arguments: [
            ("Pyro\\.Name", "Pyro.Name"), ("^abc.*", "abc"), ("(ab)c*", "ab"), ("a|b", ""), ("ab*", "a"),
            ("(?i)ab", ""),
            ("a{2}b", ""), ("", ""),
        ])
    func literalPrefix(pattern: String, prefix: String) throws {
        #expect(try LinearRegex(pattern).literalPrefix == prefix)
    }
}
