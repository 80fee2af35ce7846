import ArgumentParser
import Lantern
import Logging

/// `--log-level`, `--log-format`: logs go to standard error.
struct LogOptions: ParsableArguments {
    @Option(name: .customLong("log-level"), help: "What is logged to standard error: \(LogOptions.levels).")
    var level = Level(.warning)

    @Option(name: .customLong("log-format"), help: "How: text, or json with one object a line.")
    var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    private static let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    /// Starts logging; once in the life of the process.
    func start() {
        let (level, format) = (level.level, format)
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                switch format {
                case .text: StreamLogHandler.standardError(label: label)
                case .json: JSONLogHandler(label: label)
                }
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
