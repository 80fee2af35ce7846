import Glibc
package import LanternTrust

/// Writes policy files.
package enum PolicyText {
    /// A suggested allowlist as a policy file, which was read back.
    ///
    /// - Parameter entries: how many calls of the log it stands for.
    /// - Throws: ``LanternError/Code/configuration`` when the text would not say what was meant.
    package static func policy(_ suggestion: AllowlistSuggestion, entries: Int) throws -> String {
        var lines = [
            "# Allows exactly what \(entries) audited calls needed; read it before you use it.", "version: 1",
        ]
        for left in suggestion.leftOut {
            lines.append(
                "# left out, \(left.reason): \(quoted(left.call.identity)) \(quoted(left.call.object)) "
                    + quoted(left.call.method))
        }
        lines.append(suggestion.rules.isEmpty ? "rules: []" : "rules:")
        for rule in suggestion.rules {
            lines += [
                "  - allow: \(list(rule.identities))", "    objects: \(list(rule.objects))",
                "    methods: \(list(rule.methods))",
            ]
        }
        let text = lines.joined(separator: "\n")
        let read = try PolicyFile.parse(text, path: "the suggestion").rules
        let isSame = read.elementsEqual(suggestion.rules) {
            $0.identities == $1.identities && $0.objects == $1.objects && $0.methods == $1.methods
        }
        guard isSame else {
            throw LanternError(.configuration, "the suggestion cannot be written as a policy file")
        }
        return text
    }

    private static func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }

    /// A double-quoted YAML text.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value >= 0x20 && scalar.value < 0x7F: quoted.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return quoted + "\""
    }

    /// The beginning of a day in UTC, `YYYY-MM-DD`, in milliseconds since 1970; nil when it is none.
    package static func milliseconds(ofDay text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
        guard text.utf8.count == 10, parts.count == 3, let year = parts[0], let month = parts[1],
            let day = parts[2], (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var time = tm()
        time.tm_year = year - 1900
        time.tm_mon = month - 1
        time.tm_mday = day
        let seconds = timegm(&time)
        // A day that the month does not have became one of the next month.
        guard time.tm_mday == day else { return nil }
        return Int64(seconds) * 1_000
    }
}
