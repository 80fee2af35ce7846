public import LanternValue

/// Takes the arguments of a call one after the other, in the order of the method's parameters.
public struct ArgumentWriter: Sendable {
    package var call: CallWriter
    /// What remote objects among the arguments are to the far side.
    var references: (any ReferenceScope)?

    public mutating func next<T: RemoteCodable>(_ value: T) throws {
        try value.write(to: &call.arguments)
    }

    @_disfavoredOverload
    public mutating func next<T: Encodable>(_ value: T) throws {
        let tree = try References.$scope.withValue(references) { try ValueEncoder().encode(value) }
        try call.arguments.write(tree)
    }
}
