import Lantern
import LanternValue

/// Values as JSON, both ways: how arguments are given on the command line, and how results are shown.
///
/// Bytes are `{"data": …, "encoding": "base64"}`. What JSON does not have is shown as the nearest that it has: a
/// tuple or set as list, a date as text; it is for reading, not for sending back.
enum JSONForm {
    /// Reads one argument.
    ///
    /// - Throws: ``CommandFailure`` that says how texts are written.
    static func value(_ text: String, what: String) throws -> Value {
        do {
            return withBytes(try decode(Array(text.utf8), as: .json))
        } catch {
            throw CommandFailure(
                .usage,
                "\(what) is not JSON: \(text.prefix(80)) (\(error.detail)); "
                    + "write a text as '\"\(text.prefix(40))\"'")
        }
    }

    static func text(_ value: Value) throws -> String {
        String(decoding: try encode(readable(value), as: .json), as: UTF8.self)
    }

    /// The value with every base64 map in it turned into bytes.
    private static func withBytes(_ value: Value) -> Value {
        if let bytes = value.bytesValue { return .bytes(bytes) }
        return switch value {
        case .list(let members): .list(members.map(withBytes))
        case .map(let pairs): .map(pairs.map { ValuePair($0.key, withBytes($0.value)) })
        default: value
        }
    }

    /// The value with only what JSON has.
    static func readable(_ value: Value) -> Value {
        switch value {
        case .list(let members), .tuple(let members), .set(let members), .frozenSet(let members):
            return .list(members.map(readable))
        case .map(let pairs):
            return .map(pairs.map { ValuePair(.text(key($0.key)), readable($0.value)) })
        case .float(let number) where !number.isFinite: return .text("\(number)")
        case .complex(let real, let imaginary):
            return .map([ValuePair("real", .float(real)), ValuePair("imaginary", .float(imaginary))])
        case .surrogateText(let units):
            let scalars = units.map { Unicode.Scalar($0) ?? "\u{FFFD}" }
            return .text(String(String.UnicodeScalarView(scalars)))
        case .dateTime(let seconds): return .float(seconds)
        case .date(let ordinal): return .int(ordinal)
        case .extended(let code, let bytes):
            return .map([ValuePair("code", .int(Int64(code))), ValuePair("data", .bytes(bytes))])
        case .ellipsis: return .text("...")
        case .none, .bool, .int, .bigInt, .float, .text, .bytes: return value
        }
    }

    private static func key(_ value: Value) -> String {
        if let text = value.textValue { return text }
        return (try? text(value)) ?? "\(value.kind)"
    }
}
