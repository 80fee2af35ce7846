/// An exception as it travels: `{"__class__", "__exception__": true, "args", "attributes"}`.
public struct ExceptionRecord: Sendable, Hashable {
    /// With its module: `builtins.ValueError`.
    public var className: String
    public var arguments: [Value]
    /// Name and value of each extra attribute, `_pyroTraceback` among them.
    public var attributes: [ValuePair]

    public init(className: String, arguments: [Value], attributes: [ValuePair] = []) {
        self.className = className
        self.arguments = arguments
        self.attributes = attributes
    }

    /// - Returns: nil when the value is no exception.
    public init?(_ value: Value) {
        guard case .map(let pairs) = value,
            case .text(let className) = Self.member("__class__", of: pairs),
            case .bool(true) = Self.member("__exception__", of: pairs)
        else { return nil }
        self.className = className
        switch Self.member("args", of: pairs) {
        case .tuple(let members), .list(let members): arguments = members
        case .text(let text): arguments = text.unicodeScalars.map { .text(String($0)) }
        default: return nil
        }
        switch Self.member("attributes", of: pairs) {
        case .map(let members): attributes = members
        case nil, .some(.none): attributes = []
        default: return nil
        }
    }

    public var value: Value {
        .map([
            ValuePair(.text("__class__"), .text(className)),
            ValuePair(.text("__exception__"), .bool(true)),
            ValuePair(.text("args"), .tuple(arguments)),
            ValuePair(.text("attributes"), .map(attributes)),
        ])
    }

    /// The lines of the far side's traceback, each with its newline; empty when it sent none.
    public var traceback: [String] {
        switch Self.member("_pyroTraceback", of: attributes) {
        case .list(let lines), .tuple(let lines):
            lines.compactMap { if case .text(let line) = $0 { line } else { nil } }
        case .text(let text): [text]
        default: []
        }
    }

    /// What Python's `str(exception)` says.
    public var message: String {
        guard let first = arguments.first else { return "" }
        if arguments.count > 1 { return PythonText.repr(.tuple(arguments)) }
        return className == "builtins.KeyError" ? PythonText.repr(first) : PythonText.str(first)
    }

    private static func member(_ name: String, of pairs: [ValuePair]) -> Value? {
        pairs.first { $0.key == .text(name) }?.value
    }
}
