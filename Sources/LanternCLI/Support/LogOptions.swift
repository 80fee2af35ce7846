import ArgumentParser
import Logging

/// `--log-level`: logs go to standard error.
struct LogOptions: ParsableArguments {
    @Option(name: .customLong("log-level"), help: "What is logged to standard error: \(LogOptions.levels).")
    var level = Level(.warning)

    private static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    /// Starts logging; once in the life of the process.
    func start() {
        let level = level.level
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }

    /// A level by its name.
    struct Level: ExpressibleByArgument, CustomStringConvertible {
        let level: Logger.Level

        init(_ level: Logger.Level) { self.level = level }

        init?(argument: String) {
            guard let level = Logger.Level(rawValue: argument) else { return nil }
            self.level = level
        }

        var description: String { level.rawValue }
    }
}
