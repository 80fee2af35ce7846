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
}
