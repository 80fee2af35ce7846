import ArgumentParser
import Foundation
import Lantern
import LanternTrust

/// `lantern audit search`: entries by who, what and when.
struct AuditSearchCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Print the entries that match all conditions, one JSON object on a line.",
        discussion: """
            Texts match as a part, letters as they are.

              lantern audit search --who spiffe://example.org/web --decision deny
              lantern audit search --what register --target example.stock
              lantern audit search --since 2026-11-23T08:00:00Z --until 2h --count

            A time is ISO 8601, or how long ago: 90s, 15m, 2h, 7d. The entries are read,
            not verified. Exit status 1 when nothing matches.
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "Part of the identity, key id, certificate fingerprint or address.")
    var who: String?
    @Option(help: "Part of the object or method.")
    var what: String?
    @Option(help: "Part of what the operation was about, for example a name.")
    var target: String?
    @Option(help: "permit or deny.", completion: .list(["permit", "deny"]))
    var decision: String?
    @Option(help: "Part of the result.")
    var result: String?
    @Option(help: "The correlation id.")
    var correlation: String?
    @Option(help: "Not before this time.")
    var since: String?
    @Option(help: "Not after this time.")
    var until: String?
    @Flag(help: "Print only how many there are.")
    var count = false
    @Flag(help: "Put the entry's number and a tab before each line.")
    var numbers = false
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let files = AuditFiles(home: try home.chosen())
        try files.checkThatThereIsOne()
        let from = try since.map { try AuditTime.milliseconds($0) } ?? .min
        let to = try until.map { try AuditTime.milliseconds($0) } ?? .max
        var found = 0
        var cursor = AuditCursor(directory: files.home.auditDirectory)
        try cursor.read { number, line in
            guard matches(line, from: from, to: to) else { return true }
            found += 1
            if !count { Output.line(numbers ? "\(number)\t\(line)" : line) }
            return true
        }
        if count { Output.line("\(found)") }
        if found == 0 { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func matches(_ line: String, from: Int64, to: Int64) -> Bool {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let time = (object["time"] as? NSNumber)?.int64Value, time >= from, time <= to
        else { return false }
        func has(_ part: String?, in members: String...) -> Bool {
            guard let part else { return true }
            return members.contains { (object[$0] as? String)?.contains(part) == true }
        }
        return has(who, in: "actor", "key", "fingerprint", "address") && has(what, in: "object", "method")
            && has(target, in: "target") && has(result, in: "result") && has(correlation, in: "correlation")
            && (decision == nil || object["decision"] as? String == decision)
    }
}

/// A time as people write it.
enum AuditTime {
    /// Milliseconds since 1970.
    static func milliseconds(_ text: String) throws -> Int64 {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let last = text.last, let unit = units[last], let count = Double(text.dropLast()), count >= 0 {
            return Int64(clamping: Int((Date().timeIntervalSince1970 - min(count, 1e9) * unit) * 1000))
        }
        if let date = try? Date(text, strategy: .iso8601) {
            return Int64(date.timeIntervalSince1970 * 1000)
        }
        throw CommandFailure(.usage, "'\(text)' is no time; 2026-11-23T08:00:00Z and 15m are")
    }
}
