import Foundation
import Testing

@testable import LanternTrust

struct AuditEventTests {
    @Test("an entry is one line of JSON with its members in order")
    func plainLine() {
        let line = AuditEvent(time: 5, actor: "dns:a", object: "o", method: "m", epoch: 7, correlationID: "c")
            .line
        #expect(
            line == """
                {"time":5,"actor":"dns:a","key":"","fingerprint":"","address":"","object":"o","method":"m",\
                "target":"","decision":"","rule":"","epoch":7,"result":"","correlation":"c"}
                """)
    }

    @Test(
        "what could break a line or a terminal is escaped",
        arguments: [
            ("a\"b\\", #"a\"b\\"#), ("x\ny\u{0}", #"x\u000ay\u0000"#), ("\u{1B}[2J", #"\u001b[2J"#),
            ("\u{2028}\u{2029}\u{85}", #"\u2028\u2029\u0085"#), ("\u{202E}abc", #"\u202eabc"#),
            ("\u{E0041}", #"\udb40\udc41"#), ("é", "é"),
        ])
    func escaping(text: String, expected: String) throws {
        let line = AuditEvent(time: 0, actor: text).line
        #expect(line.contains("\"actor\":\"\(expected)\""))
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["actor"] as? String == text)
    }

    @Test("long texts are cut, stay different, and never make an entry too long")
    func bounds() {
        let long = String(repeating: "\u{1}", count: 100_000)
        var event = AuditEvent(
            time: .min, actor: long, keyID: long, fingerprint: long, address: long, object: long,
            method: long,
            target: long, decision: long, rule: long, result: long, correlationID: long)
        let first = event.line
        #expect(first.utf8.count <= AuditEvent.maximumLine)
        event.target += "x"
        #expect(event.line != first)
    }
}
