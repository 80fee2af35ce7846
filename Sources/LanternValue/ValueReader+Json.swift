extension ValueReader {
    mutating func jsonPeekKind() throws(ValueError) -> ValueKind { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadValue() throws(ValueError) -> Value { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonSkipValue() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadNone() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadBool() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadInt() throws(ValueError) -> Int64 { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadDouble() throws(ValueError) -> Double { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadText() throws(ValueError) -> String { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonReadBytes() throws(ValueError) -> [UInt8] { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBeginSequence() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBeginMap() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBeginMapValue() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonEndDocument() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBeginDocument() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
