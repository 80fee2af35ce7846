extension AuditEvent {
    /// The longest entry that ``line`` can make, in bytes; a bundle's length prefix allows 65,535.
    static let maximumLine = 60_000

    /// The entry: one JSON object on one line, members always all there and in this order.
    ///
    /// A text over its limit (1,024 bytes for object, method and target, 512 for the others) is cut and ends in
    /// `…sha256:` and the hash of the whole, so that two long names never look the same.
    package var line: String {
        var json = "{\"time\":\(time)"
        json.addMember("actor", actor, limit: 512)
        json.addMember("key", keyID, limit: 512)
        json.addMember("fingerprint", fingerprint, limit: 512)
        json.addMember("address", address, limit: 512)
        json.addMember("object", object, limit: 1024)
        json.addMember("method", method, limit: 1024)
        json.addMember("target", target, limit: 1024)
        json.addMember("decision", decision, limit: 512)
        json.addMember("rule", rule, limit: 512)
        json += ",\"epoch\":\(epoch)"
        json.addMember("result", result, limit: 512)
        json.addMember("correlation", correlationID, limit: 512)
        json += "}"
        return json
    }
}

extension String {
    fileprivate mutating func addMember(_ name: String, _ text: String, limit: Int) {
        self += ",\"\(name)\":\""
        addEscaped(text.utf8.count > limit ? text.shortened(to: limit) : text)
        self += "\""
    }

    private func shortened(to limit: Int) -> String {
        var scalars = String.UnicodeScalarView()
        var used = 0
        for scalar in unicodeScalars {
            used += UTF8.width(scalar)
            guard used <= limit - 80 else { break }
            scalars.append(scalar)
        }
        return String(scalars) + "…sha256:" + SHA256Hash.of(Array(utf8)).hexadecimal
    }

    private mutating func addEscaped(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": self += "\\\""
            case "\\": self += "\\\\"
            case _ where scalar.mustNotReachATerminal: addUnicodeEscape(scalar)
            default: unicodeScalars.append(scalar)
            }
        }
    }

    /// Everything that is escaped this way lies below U+10000, but for the tags, which take two units.
    private mutating func addUnicodeEscape(_ scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] {
            let digits = String(unit, radix: 16)
            self += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }
}

extension Unicode.Scalar {
    /// Control characters, line separators, and whatever changes direction or cannot be seen: an entry must look
    /// in a terminal like what it says.
    fileprivate var mustNotReachATerminal: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
