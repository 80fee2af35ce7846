import Foundation
import Logging
import Synchronization
import Testing

@testable import Lantern

/// Log events as lines of JSON.
struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let lines = Lines()

    private var logger: Logger {
        var logger = Logger(label: "lantern.test") { label in
            JSONLogHandler(label: label) { [lines] line in lines.all.withLock { $0.append(line) } }
        }
        logger[metadataKey: "peer"] = "127.0.0.1:7"
        return logger
    }

    /// The one line that was written, as JSON.
    private func object() throws -> [String: Any] {
        let line = try #require(lines.all.withLock { $0.count == 1 ? $0[0] : nil })
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { !$0.isNewline })
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test("time, level, label, message, and the metadata of logger and event")
    func members() throws {
        logger.warning(
            "peer no longer trusted", metadata: ["identity": "spiffe://a/b", "n": ["1", ["x": "y"]]])
        let event = try object()
        #expect(event["level"] as? String == "warning" && event["label"] as? String == "lantern.test")
        #expect(event["message"] as? String == "peer no longer trusted")
        let metadata = try #require(event["metadata"] as? [String: Any])
        #expect(
            metadata["peer"] as? String == "127.0.0.1:7" && metadata["identity"] as? String == "spiffe://a/b")
        #expect((metadata["n"] as? [Any])?.count == 2)
        let time = try #require(event["time"] as? String)
        let format = ISO8601DateFormatter()
        format.formatOptions.insert(.withFractionalSeconds)
        #expect(abs(try #require(format.date(from: time)).timeIntervalSinceNow) < 60, "\(time)")
    }

    @Test("an event is one line, whatever is in it")
    func escaping() throws {
        let evil = "a\"b\\c\nd\r\u{2028}e\u{0}\u{1B}[31m\u{202E}f\u{1F600}ü"
        logger.info("\(evil)", metadata: [evil: "\(evil)"])
        let event = try object()
        #expect(event["message"] as? String == evil)
        #expect((event["metadata"] as? [String: Any])?[evil] as? String == evil)
        let line = lines.all.withLock { $0[0] }
        #expect(!line.unicodeScalars.contains("\u{202E}") && !line.unicodeScalars.contains("\u{1B}"))
        #expect(line.contains("😀ü"), "letters and pictures stay as they are")
    }

    @Test("what is too long is cut, at the limit and not before", arguments: [8_192, 8_193])
    func longMessage(length: Int) throws {
        logger.info("\(String(repeating: "m", count: length))")
        let message = try #require(object()["message"] as? String)
        #expect(message.count == min(length, 8_193) && message.hasSuffix("…") == (length > 8_192))
    }

    @Test("long values, many members and deep ones are cut")
    func bounds() throws {
        let many = Dictionary(
            uniqueKeysWithValues: (0..<100).map { ("k\(100 + $0)", Logger.MetadataValue.string("v")) })
        var deep = Logger.MetadataValue.string("bottom")
        for _ in 0..<10 { deep = .dictionary(["d": deep]) }
        logger.info(
            "x",
            metadata: [
                "long": "\(String(repeating: "v", count: 10_000))", "many": .dictionary(many), "deep": deep,
                "list": .array(Array(repeating: "i", count: 100)),
            ])
        let metadata = try #require(object()["metadata"] as? [String: Any])
        #expect((metadata["long"] as? String)?.count == 4_097)
        #expect((metadata["many"] as? [String: Any])?.count == 64)
        #expect((metadata["list"] as? [Any])?.count == 64)
        #expect(lines.all.withLock { !$0[0].contains("bottom") })
    }

    @Test("a level below the handler's is not written")
    func level() {
        logger.debug("x")
        #expect(lines.all.withLock { $0.isEmpty })
    }
}
