extension ValueWriter {
    mutating func msgpackBeginList(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackBeginMap(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackBigInt(_ value: BigInteger) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackBool(_ value: Bool) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackBytes(_ value: [UInt8]) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackComplex(_ real: Double, _ imaginary: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackFloat(_ value: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackInt(_ value: Int64) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackNone() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackText(_ value: String) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackUInt(_ value: UInt64) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackDateTime(_ seconds: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackDate(_ ordinal: Int64) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func msgpackExtended(_ code: Int8, _ data: [UInt8]) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
