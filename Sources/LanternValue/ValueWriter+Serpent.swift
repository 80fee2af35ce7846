extension ValueWriter {
    mutating func serpentBeginDocument() {}
    mutating func serpentBeginList(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginMap(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginSet(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBeginTuple(_ count: Int) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBigInt(_ value: BigInteger) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBool(_ value: Bool) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentBytes(_ value: [UInt8]) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentComplex(_ real: Double, _ imaginary: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentEndMap() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentEndSequence() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentFloat(_ value: Double) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentInt(_ value: Int64) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentNone() throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentText(_ value: String) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
    mutating func serpentSurrogateText(_ points: [UInt32]) throws(ValueError) { throw ValueError(.unsupported, "not written yet") }
}
