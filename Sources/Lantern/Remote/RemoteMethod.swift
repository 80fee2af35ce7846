public import LanternValue

/// One entry of a contract's static dispatch table: decode, call, encode.
public struct RemoteMethod<Contract>: Sendable {
    public typealias Body =
        @Sendable (Contract, inout ArgumentReader, inout ReplyWriter) async throws -> Void

    package let name: String
    package let kind: MemberKind
    /// Whether the one argument is a ``SerializedBlob``.
    package var takesBlob = false
    package let body: Body

    /// A method; `oneway` marks it as one whose callers wait for no answer.
    public static func method(
        _ name: String, oneway: Bool = false, takesBlob: Bool = false, _ body: @escaping Body
    ) -> Self {
        Self(name: name, kind: oneway ? .onewayMethod : .method, takesBlob: takesBlob, body: body)
    }

    /// A property, reached by Pyro's `__getattr__`.
    public static func attribute(_ name: String, _ body: @escaping Body) -> Self {
        Self(name: name, kind: .attribute, body: body)
    }

    /// Sets the property of that name, reached by Pyro's `__setattr__`; the new value is the one argument.
    public static func setter(_ name: String, _ body: @escaping Body) -> Self {
        Self(name: name, kind: .setter, body: body)
    }
}

/// How a member of an object is reached.
package enum MemberKind: Sendable, Hashable {
    case method, onewayMethod, attribute, setter
}
