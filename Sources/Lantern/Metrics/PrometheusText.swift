/// The text of an exposition while it is written.
///
/// - Source: Prometheus' text-based exposition format, version 0.0.4.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    mutating func head(_ name: String, _ kind: MetricDescription.Kind, help: String) {
        if !help.isEmpty { bytes += "# HELP \(name) \(Self.escaped(help, quotes: false))\n".utf8 }
        bytes += "# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    mutating func line(_ name: String, _ labels: String, _ value: String) {
        bytes += name.utf8
        if !labels.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes += labels.utf8
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
        bytes += value.utf8
        bytes.append(UInt8(ascii: "\n"))
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    /// - Parameter quotes: label values stand in quotes, help texts do not.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// The name with `_` in place of every byte that a name cannot have.
    ///
    /// - Parameter colons: metrics may have them, labels may not.
    static func name(_ text: String, colons: Bool) -> String {
        let bytes = text.utf8.prefix(200).enumerated().map { place, byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"):
                byte
            case UInt8(ascii: "0")...UInt8(ascii: "9") where place > 0: byte
            case UInt8(ascii: ":") where colons: byte
            default: UInt8(ascii: "_")
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }

    /// Labels in the order of their names, each name once.
    static func labels(_ dimensions: [(String, String)], limit: Int) -> String {
        var known: [String: String] = [:]
        for (name, value) in dimensions {
            var name = name == "le" ? "_le" : Self.name(name, colons: false)
            // Names that begin so are Prometheus' own.
            while name.hasPrefix("__") { name.removeFirst() }
            if known[name] == nil { known[name] = value }
        }
        return known.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(escaped(String($0.value.prefix(limit)), quotes: true))\"" }
            .joined(separator: ",")
    }
}
