extension ValueReader {
    mutating func msgpackPeekKind() throws(ValueError) -> ValueKind { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadValue() throws(ValueError) -> Value { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackSkipValue() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadNone() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadBool() throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadInt() throws(ValueError) -> Int64 { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadDouble() throws(ValueError) -> Double { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadText() throws(ValueError) -> String { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackReadBytes() throws(ValueError) -> [UInt8] { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackBeginSequence() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackBeginMap() throws(ValueError) -> Cursor { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackEndDocument() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
