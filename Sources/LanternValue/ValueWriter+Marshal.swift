extension ValueWriter {
    mutating func marshalBeginList(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBeginMap(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBeginSet(_ count: Int, frozen: Bool) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBeginTuple(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBigInt(_ value: BigInteger) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBool(_ value: Bool) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalBytes(_ value: [UInt8]) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalComplex(_ real: Double, _ imaginary: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalEndMap() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalFloat(_ value: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalInt(_ value: Int64) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalNone() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalText(_ value: String) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func marshalSurrogateText(_ points: [UInt32]) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
