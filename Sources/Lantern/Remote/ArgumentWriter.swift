public import LanternValue

/// Takes the arguments of a call one after the other, in the order of the method's parameters.
public struct ArgumentWriter: Sendable {
    package var call: CallWriter
    /// What remote objects among the arguments are to the far side.
    let references: (any ReferenceScope)?
    /// The streams among the arguments so far.
    package private(set) var streams: [OutgoingSource] = []
    private let classes: ClassTable?

    package init(call: CallWriter, classes: ClassTable?, references: (any ReferenceScope)?) {
        self.call = call
        self.classes = classes
        self.references = references
    }

    public mutating func next<T: RemoteCodable>(_ value: T) throws {
        try value.write(to: &call.arguments)
    }

    /// An argument whose items follow while the far side reads them.
    public mutating func next<T>(_ stream: RemoteStream<T>) throws {
        guard streams.count < StreamLimits.argumentsPerCall else {
            throw LanternError(
                .misuse, "a call takes \(StreamLimits.argumentsPerCall) item streams at the most")
        }
        try call.arguments.write(StreamArguments.placeholder(streams.count))
        var source = try stream.outgoingSource()
        source.context = CallContext.current
        streams.append(source)
    }

    @_disfavoredOverload
    public mutating func next<T: Encodable>(_ value: T) throws {
        let tree = try References.$scope.withValue(references) {
            try ValueEncoder(classes: classes).encode(value)
        }
        try call.arguments.write(tree)
    }
}
