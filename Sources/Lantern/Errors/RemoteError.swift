public import LanternValue

/// An error that the far side's method threw, as it came over the wire.
///
/// A service may throw one itself to choose what its callers see, for example
/// `RemoteError(type: "builtins.KeyError", message: "lamp")`.
public struct RemoteError: Error, Sendable, Hashable {
    /// The Python class (`builtins.ValueError`, `Pyro5.errors.NamingError`) or the registered Swift error's name.
    public let type: String
    public let message: String
    /// The exception's `args`.
    public let arguments: [Value]
    /// Further attributes of the exception, the traceback left out.
    public let attributes: [ValuePair]
    /// The far side's traceback, line by line; each ends in a newline.
    public let traceback: [String]

    public init(type: String, message: String, attributes: [ValuePair] = []) {
        self.type = type
        self.message = message
        self.arguments = [.text(message)]
        self.attributes = attributes
        traceback = []
    }

    /// An exception with exactly these `args`.
    public init(type: String, arguments: [Value], attributes: [ValuePair] = []) {
        self.type = type
        self.arguments = arguments
        message = ExceptionRecord(className: type, arguments: arguments, attributes: []).message
        self.attributes = attributes
        traceback = []
    }

    package init(_ record: ExceptionRecord) {
        type = record.className
        message = record.message
        arguments = record.arguments
        attributes = record.attributes.filter { $0.key != .text("_pyroTraceback") }
        traceback = record.traceback
    }

    /// Whether the far side's exception is of this class, whatever module it came from: `isA("ValueError")`.
    public func isA(_ className: String) -> Bool {
        type == className || type.hasSuffix("." + className)
    }
}

extension RemoteError: CustomStringConvertible {
    public var description: String { "\(type): \(message)" }
}
