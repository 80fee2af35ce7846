/// Text for people as Python's `str` and `repr` would make it.
enum PythonText {
    static func str(_ value: Value) -> String {
        if case .text(let text) = value { return text }
        return repr(value)
    }

    static func repr(_ value: Value) -> String {
        switch value {
        case .list(let members): "[\(joined(members))]"
        case .tuple(let members): members.count == 1 ? "(\(joined(members)),)" : "(\(joined(members)))"
        case .set(let members): members.isEmpty ? "set()" : "{\(joined(members))}"
        case .frozenSet(let members): members.isEmpty ? "frozenset()" : "frozenset({\(joined(members))})"
        case .map(let pairs):
            "{\(pairs.map { "\(repr($0.key)): \(repr($0.value))" }.joined(separator: ", "))}"
        default: scalar(value)
        }
    }

    private static func joined(_ members: [Value]) -> String {
        members.map { repr($0) }.joined(separator: ", ")
    }

    private static func scalar(_ value: Value) -> String {
        switch value {
        case .bytes(let bytes): "b\(quoted(bytes))"
        case .float(let number) where !number.isFinite:
            number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
        case .dateTime(let seconds): "datetime(\(seconds))"
        case .date(let ordinal): "date(\(ordinal))"
        case .extended(let code, let data): "ExtType(code=\(code), \(data.count) bytes)"
        case .ellipsis: "Ellipsis"
        default: serpentForm(value)
        }
    }

    /// The other scalars look in serpent as `repr` shows them.
    private static func serpentForm(_ value: Value) -> String {
        var writer = ValueWriter(format: .serpent)
        let start = writer.sink.count
        do { try writer.write(value) } catch { return "?" }
        return String(decoding: writer.takeOutput()[start...], as: UTF8.self)
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        var text = "'"
        for byte in bytes {
            switch byte {
            case 0x09: text += "\\t"
            case 0x0a: text += "\\n"
            case 0x0d: text += "\\r"
            case 0x27, 0x5c: text += "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7e: text.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += digits.utf8.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
            }
        }
        return text + "'"
    }
}
