extension ValueWriter {
    mutating func jsonBeginList(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBeginMap(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBigInt(_ value: BigInteger) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonBool(_ value: Bool) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonEndMap() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonEndSequence() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonFloat(_ value: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonInt(_ value: Int64) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonNone() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func jsonText(_ value: String) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
