public import LanternValue

/// Exceptions that are values: returned or passed like any other object, and not thrown where they arrive.
extension RemoteError {
    /// - Returns: nil when the value is no exception.
    public init?(_ value: Value) {
        guard let record = ExceptionRecord(value) else { return nil }
        self.init(record)
    }

    /// The exception as it travels. Python makes the exception object again when it knows the class.
    public var value: Value {
        var attributes = attributes
        if !traceback.isEmpty {
            attributes.append(ValuePair("_pyroTraceback", .list(traceback.map { .text($0) })))
        }
        return ExceptionRecord(className: type, arguments: arguments, attributes: attributes).value
    }
}

/// A `@Remote` method may return an exception, or take one.
extension RemoteError: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        guard let error = RemoteError(try reader.readValue()) else {
            throw ValueError.wrongType(expected: "an exception", found: "another value")
        }
        self = error
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) { try writer.write(value) }
}
