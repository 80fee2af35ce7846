extension Bool: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) { self = try reader.readBool() }
    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(self) }
}

extension Double: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) { self = try reader.readDouble() }
    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(self) }
}

/// Rounded on reading; a number that would turn into infinity is refused.
extension Float: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        let double = try reader.readDouble()
        self = Float(double)
        if isInfinite, double.isFinite {
            throw .wrongType(expected: "Float", found: "a number outside its range")
        }
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(Double(self)) }
}

extension String: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) { self = try reader.readText() }
    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(self) }
}

extension Value: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) { self = try reader.readValue() }
    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(self) }
}
