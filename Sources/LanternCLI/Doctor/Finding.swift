import Lantern

/// One thing that `lantern doctor` found.
struct DoctorFinding: Sendable {
    enum Level: String, Sendable {
        case ok
        /// Nothing fails today.
        case warning
        case wrong
    }

    /// Does not change its name: for scripts.
    let code: String
    let level: Level
    /// What it is about: `certificate`, `trust`, `peer`…
    let part: String
    let text: String
    /// The file to mend, if it is one file.
    var file: String?
    /// What to do.
    var remedy: String?
    /// What a peer's refusal or absence makes of the exit status; what is wrong in a home is 78.
    var status = ExitStatus.configuration

    static func ok(_ part: String, _ text: String) -> Self {
        Self(code: "ok", level: .ok, part: part, text: text)
    }

    static func wrong(
        _ code: String, _ part: String, _ text: String, file: String? = nil, do remedy: String? = nil,
        status: ExitStatus = .configuration
    ) -> Self {
        Self(code: code, level: .wrong, part: part, text: text, file: file, remedy: remedy, status: status)
    }

    static func warning(
        _ code: String, _ part: String, _ text: String, file: String? = nil, do remedy: String? = nil
    ) -> Self {
        Self(code: code, level: .warning, part: part, text: text, file: file, remedy: remedy)
    }

    /// One line for people.
    var line: String {
        let mark =
            switch level {
            case .ok: "ok     "
            case .warning: "warning"
            case .wrong: "WRONG  "
            }
        let place = file.map { text.contains($0) ? "" : " [\($0)]" } ?? ""
        return "\(mark)  \(part): \(Shown.text(text))\(place)" + (remedy.map { "; \($0)" } ?? "")
    }

    var value: Value {
        func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .none }
        return .map([
            ValuePair("code", .text(code)), ValuePair("level", .text(level.rawValue)),
            ValuePair("part", .text(part)),
            ValuePair("text", .text(text)), ValuePair("file", optional(file)),
            ValuePair("remedy", optional(remedy)),
        ])
    }
}
