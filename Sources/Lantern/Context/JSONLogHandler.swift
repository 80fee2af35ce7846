import Glibc
import LanternTLS
public import Logging
import Synchronization

/// Writes each log event as one line of JSON, for programs that collect logs.
///
/// ```json
/// {"time":"2026-11-24T02:03:04.567Z","level":"info","label":"lantern.ns","message":"lease ended","metadata":{"epoch":"7"}}
/// ```
///
/// Values of the metadata are texts, lists or objects of these. What is no plain character is escaped, so that a line is a
/// line whatever a peer chose. Bounded: 8,192 characters of the message, 4,096 of a value, 64 members of an object or
/// list, 4 levels; what is cut ends in `…`.
public struct JSONLogHandler: LogHandler {
    static let maximumMessage = 8_192
    static let maximumValue = 4_096
    static let maximumMembers = 64
    static let maximumDepth = 4

    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel = Logger.Level.info

    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameter write: gets each line, with its line feed, one at a time in the order of the calls; writes to standard
    ///   error unless said otherwise.
    public init(
        label: String, metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping @Sendable (String) -> Void = JSONLogHandler.toStandardError
    ) {
        self.label = label
        self.metadataProvider = metadataProvider
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        write(Self.line(event.level, label, event.message.description, all, now: Self.now))
    }

    private static var now: (seconds: Int64, milliseconds: Int64) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int64(time.tv_nsec) / 1_000_000)
    }

    static func line(
        _ level: Logger.Level, _ label: String, _ message: String, _ metadata: Logger.Metadata,
        now: (seconds: Int64, milliseconds: Int64)
    ) -> String {
        let part = "\(1_000 + now.milliseconds)".dropFirst()
        var members = [
            "\"time\":\"\(UTCTime.text(now.seconds).dropLast()).\(part)Z\"",
            "\"level\":\"\(level.rawValue)\"",
            "\"label\":\(text(label, maximumValue))", "\"message\":\(text(message, maximumMessage))",
        ]
        if !metadata.isEmpty { members.append("\"metadata\":\(object(metadata, depth: 1))") }
        return "{" + members.joined(separator: ",") + "}\n"
    }

    private static func object(_ values: Logger.Metadata, depth: Int) -> String {
        let members = values.sorted { $0.key < $1.key }.prefix(maximumMembers).map {
            "\(text($0.key, maximumValue)):\(value($0.value, depth: depth))"
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func value(_ value: Logger.MetadataValue, depth: Int) -> String {
        guard depth < maximumDepth else { return "\"…\"" }
        return switch value {
        case .string(let string): text(string, maximumValue)
        case .stringConvertible(let value): text(value.description, maximumValue)
        case .array(let values):
            "["
                + values.prefix(maximumMembers).map { Self.value($0, depth: depth + 1) }
                .joined(separator: ",") + "]"
        case .dictionary(let values): object(values, depth: depth + 1)
        }
    }

    private static func text(_ text: String, _ maximum: Int) -> String {
        let shown = text.prefix(maximum)
        return JSONLine.text(shown.endIndex == text.endIndex ? text : shown + "…")
    }

    private static let standardError = Mutex(())

    /// One line at a time, at once.
    public static let toStandardError: @Sendable (String) -> Void = { line in
        standardError.withLock { _ in
            var rest = Array(line.utf8)[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                if written < 0 && errno == EINTR { continue }
                // Who reads our log is gone: nobody is left to tell.
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
