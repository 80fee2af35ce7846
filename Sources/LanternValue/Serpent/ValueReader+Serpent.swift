extension ValueReader {
    mutating func serpentPeekKind() throws(ValueError) -> ValueKind { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadValue() throws(ValueError) -> Value { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentSkipValue() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadNone() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadBool() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadInt() throws(ValueError) -> Int64 { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadDouble() throws(ValueError) -> Double { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadText() throws(ValueError) -> String { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentReadBytes() throws(ValueError) -> [UInt8] { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginSequence() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginMap() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginMapValue() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentEndDocument() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginDocument() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
