/// Writes a whole document: one value with what the format puts around it.
package func encode(
    _ value: Value, as format: SerializerFormat, maximumDepth: Int = 200
) throws(ValueError) -> [UInt8] {
    var writer = ValueWriter(format: format, maximumDepth: maximumDepth)
    try writer.write(value)
    return writer.takeOutput()
}

/// Reads a whole document, and refuses what a format does not let follow it.
package func decode(
    _ bytes: [UInt8], as format: SerializerFormat, limits: DecodingLimits = .init()
) throws(ValueError) -> Value {
    try decode(ByteSource(bytes), as: format, limits: limits)
}

package func decode(
    _ bytes: ByteSource, as format: SerializerFormat, limits: DecodingLimits = .init()
) throws(ValueError) -> Value {
    var reader = try ValueReader(format: format, source: bytes, limits: limits)
    let value = try reader.readValue()
    try reader.endDocument()
    return value
}
