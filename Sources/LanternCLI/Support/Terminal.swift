import Glibc

/// What standard output and standard input are connected to.
enum Terminal {
    /// Whether to write in colour: only to a terminal, and not where `NO_COLOR` is set or `TERM` is `dumb`.
    static let hasColour: Bool = {
        guard isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR") == nil else { return false }
        guard let kind = getenv("TERM") else { return false }
        return String(cString: kind) != "dumb"
    }()

    enum Style: String {
        case bold = "1"
        case faint = "2"
        case red = "31"
        case green = "32"
    }

    /// The text in a style; as it is where there is no colour.
    static func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Whether there is somebody to ask.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks on standard error; only `y` and `yes` mean yes.
    static func confirms(_ question: String) -> Bool {
        Output.error("\(question) [y/N]")
        return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
    }

    /// Shows how far long work is, on one line of a terminal, in place of what it showed before; elsewhere nothing.
    /// An empty text takes the line away, before a result is printed.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let line = Array("\r\u{1B}[K\(text)".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
