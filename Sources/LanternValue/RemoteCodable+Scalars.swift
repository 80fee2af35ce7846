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

/// An enum with raw values, or another type that stands for one value: it travels as that.
extension RemoteCodable where Self: RawRepresentable, RawValue: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        self = try Self.known(RawValue(from: &reader))
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) { try rawValue.write(to: &writer) }

    public static func readKey(from reader: inout ValueReader) throws(ValueError) -> Self {
        try known(RawValue.readKey(from: &reader))
    }

    public func writeKey(to writer: inout ValueWriter) throws(ValueError) {
        try rawValue.writeKey(to: &writer)
    }

    private static func known(_ rawValue: RawValue) throws(ValueError) -> Self {
        guard let value = Self(rawValue: rawValue) else {
            throw .wrongType(expected: "a value of \(Self.self)", found: "another one")
        }
        return value
    }
}
