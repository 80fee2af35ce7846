public import LanternValue

/// An object whose members are decided at run time, for services that cannot be a `@Remote` protocol:
/// gateways, and Pyro's own objects whose results depend on their arguments.
public protocol DynamicObject: Sendable {
    /// What peers may be offered; anything else is refused before ``call(_:_:)``.
    var members: DynamicMembers { get }

    func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult

    /// Called for `proxy.attribute = value`; the default refuses.
    func setAttribute(_ name: String, to value: Value) async throws
}

extension DynamicObject {
    public func setAttribute(_ name: String, to value: Value) async throws {
        throw RemoteError(type: "builtins.AttributeError", message: "can't set attribute '\(name)'")
    }
}

/// The names that a ``DynamicObject`` offers.
public struct DynamicMembers: Sendable, Hashable {
    public var methods: Set<String>
    public var oneway: Set<String>
    public var attributes: Set<String>
    public var writableAttributes: Set<String>
    /// Methods that take a ``SerializedBlob``; all others refuse one.
    public var blobMethods: Set<String>

    /// - Parameters:
    ///   - oneway: also members of `methods`.
    ///   - blobMethods: also members of `methods`.
    public init(
        methods: Set<String>, oneway: Set<String> = [], attributes: Set<String> = [],
        writableAttributes: Set<String> = [], blobMethods: Set<String> = []
    ) {
        self.methods = methods.union(oneway).union(blobMethods)
        self.blobMethods = blobMethods
        self.oneway = oneway
        self.attributes = attributes.union(writableAttributes)
        self.writableAttributes = writableAttributes
    }
}

/// The arguments of a call to a ``DynamicObject``.
public struct DynamicArguments: Sendable {
    public let positional: [Value]
    public let keywords: [(String, Value)]
    /// The arguments of a call of a blob method; there are no others then.
    public let blob: SerializedBlob?

    public init(
        positional: [Value] = [], keywords: [(String, Value)] = [], blob: SerializedBlob? = nil
    ) {
        self.positional = positional
        self.keywords = keywords
        self.blob = blob
    }

    /// Assigns the arguments to parameters as Python does.
    ///
    /// - Parameters:
    ///   - names: the parameters in order.
    ///   - required: how many of them have no default.
    /// - Throws: ``RemoteError`` of type `builtins.TypeError` with Python's wording.
    public func bind(_ names: [String], required: Int) throws -> [Value?] {
        guard positional.count <= names.count else {
            throw Self.typeError("takes \(names.count) arguments but \(positional.count) were given")
        }
        var bound: [Value?] = positional + Array(repeating: nil, count: names.count - positional.count)
        for (name, value) in keywords {
            guard let index = names.firstIndex(of: name) else {
                throw Self.typeError("unexpected keyword argument '\(name.prefix(64))'")
            }
            guard bound[index] == nil else {
                throw Self.typeError("multiple values for argument '\(name)'")
            }
            bound[index] = value
        }
        for (name, value) in zip(names, bound).prefix(required) where value == nil {
            throw Self.typeError("missing argument: '\(name)'")
        }
        return bound
    }

    private static func typeError(_ message: String) -> RemoteError {
        RemoteError(type: "builtins.TypeError", message: message)
    }
}

/// What a ``DynamicObject`` answers.
public enum DynamicResult: Sendable {
    case value(Value)
    case stream(RemoteStream<Value>)
}
