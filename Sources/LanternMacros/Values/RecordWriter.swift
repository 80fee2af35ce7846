/// Writes how a struct is read and written, field by field.
struct RecordWriter {
    let record: Record

    func members() -> String {
        [table(), initializer(), writer()].joined(separator: "\n\n")
    }

    private func table() -> String {
        let names = record.fields.map { ", \"\($0.key)\"" }.joined()
        return """
            private nonisolated static let remoteFields = Lantern.RemoteFields("\(record.name)"\(names))
            """
    }

    private func initializer() -> String {
        let access = record.memberAccess
        let fields = record.fields.enumerated()
        let locals = record.fields.enumerated().filter { !$0.element.isConstant }.map { index, field in
            "    var field\(index): Optional<\(field.type)> = nil\n"
        }.joined()
        let cases = fields.map { index, field in
            let read = "try reader.readField(\(index), of: fields, as: \(field.type.asMetatype))"
            return "        case \(index): \(field.isConstant ? "_" : "field\(index)") = \(read)\n"
        }.joined()
        let assignments = record.fields.enumerated().filter { !$0.element.isConstant }.map { index, field in
            "    self.\(field.name) = try fields.require(field\(index), \(index))\n"
        }.joined()
        return """
            \(access)nonisolated init(from reader: inout Lantern.ValueReader) throws(Lantern.ValueError) {
                let fields = Self.remoteFields
            \(locals)    var cursor = try reader.beginMap()
                while let index = try reader.nextField(&cursor, of: fields) {
                    switch index {
            \(cases)        default: break
                    }
                }
            \(assignments)}
            """
    }

    private func writer() -> String {
        let counts = record.fields.map { "Lantern.RemoteFields.count(self.\($0.name))" }
        let count = counts.isEmpty ? "0" : counts.joined(separator: " + ")
        let writes = record.fields.enumerated().map { index, field in
            "    try writer.writeField(\(index), of: fields, self.\(field.name))\n"
        }.joined()
        return """
            \(record.memberAccess)nonisolated func write(to writer: inout Lantern.ValueWriter) \
            throws(Lantern.ValueError) {
            \(record.fields.isEmpty ? "" : "    let fields = Self.remoteFields\n")\
                try writer.beginMap(count: \(count))
            \(writes)    try writer.endMap()
            }
            """
    }
}

extension String {
    /// The type as an expression.
    fileprivate var asMetatype: String { "(\(self)).self" }
}
