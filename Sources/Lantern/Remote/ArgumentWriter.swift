public import LanternValue

/// Takes the arguments of a call one after the other, in the order of the method's parameters.
public struct ArgumentWriter: Sendable {
    package var call: CallWriter
    package var classes: ClassTable?

    public mutating func next<T: RemoteCodable>(_ value: T) throws {
        try value.write(to: &call.arguments)
    }

    @_disfavoredOverload
    public mutating func next<T: Encodable>(_ value: T) throws {
        try call.arguments.write(ValueEncoder(classes: classes).encode(value))
    }
}
