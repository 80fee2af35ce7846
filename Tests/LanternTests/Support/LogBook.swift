import Logging

/// Keeps what a daemon logs, for tests about what operators are told.
struct LogBook: LogHandler {
    let lines = Inbox<String>()
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info

    var logger: Logger { Logger(label: "test") { _ in self } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.put("\(event.message) \(event.metadata ?? [:])")
    }
}
