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
        Timestamp.seconds(text + "T00:00:00Z").map { $0 * 1_000 }
    }
}
