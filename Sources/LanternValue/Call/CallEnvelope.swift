/// Object, method and the still encoded arguments of an INVOKE body.
///
/// Nothing of the arguments is built: in the sequence formats reading stops in front of them, in json (whose keys may
/// come in any order) they are passed over. A body that is malformed behind the names is found when the arguments are
/// opened.
package struct CallEnvelope: Sendable {
    package let object: String
    package let method: String
    package let arguments: UnopenedArguments

    package init(
        reading payload: [UInt8], format: SerializerFormat, limits: DecodingLimits = .init()
    ) throws(ValueError) {
        try self.init(reading: ByteSource(payload), format: format, limits: limits)
    }

    /// - Throws: ``ValueError/Code/badCall`` when the body is well formed but no call.
    package init(
        reading payload: ByteSource, format: SerializerFormat, limits: DecodingLimits = .init()
    ) throws(ValueError) {
        var reader = try ValueReader(format: format, source: payload, limits: limits)
        if format == .json {
            self = try Self(readingMap: &reader)
        } else {
            self = try Self(readingSequence: &reader)
        }
    }

    private init(readingSequence reader: inout ValueReader) throws(ValueError) {
        var cursor = try reader.beginSequence()
        try Self.requireNext(&cursor, of: &reader, "the object")
        object = try reader.readText()
        try Self.requireNext(&cursor, of: &reader, "the method")
        method = try reader.readText()
        try Self.requireNext(&cursor, of: &reader, "the positional arguments")
        arguments = UnopenedArguments(reader: reader, place: .document(cursor))
    }

    private init(readingMap reader: inout ValueReader) throws(ValueError) {
        var object: String?
        var method: String?
        var positional: ValueReader?
        var keywords: ValueReader?
        var cursor = try reader.beginMap()
        while try reader.hasNext(&cursor) {
            let key = try reader.readText()
            try reader.beginMapValue()
            switch key {
            case "object": object = try reader.readText()
            case "method": method = try reader.readText()
            case "params":
                positional = reader
                try reader.skipValue()
            case "kwargs":
                keywords = reader
                try reader.skipValue()
            default: try reader.skipValue()
            }
        }
        try reader.endDocument()
        guard let object, let method, let positional, let keywords else {
            throw ValueError(.badCall, "a call in json needs object, method, params and kwargs")
        }
        self.object = object
        self.method = method
        arguments = UnopenedArguments(reader: positional, place: .separate(keywords: keywords))
    }

    static func requireNext(
        _ cursor: inout ValueReader.Cursor, of reader: inout ValueReader, _ what: String
    ) throws(ValueError) {
        guard try reader.hasNext(&cursor) else {
            throw ValueError(.badCall, "the call ends before \(what)")
        }
    }
}
