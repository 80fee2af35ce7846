extension ValueReader {
    mutating func marshalPeekKind() throws(ValueError) -> ValueKind { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadValue() throws(ValueError) -> Value { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalSkipValue() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadNone() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadBool() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadInt() throws(ValueError) -> Int64 { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadDouble() throws(ValueError) -> Double { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadText() throws(ValueError) -> String { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalReadBytes() throws(ValueError) -> [UInt8] { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBeginSequence() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBeginMap() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
}
