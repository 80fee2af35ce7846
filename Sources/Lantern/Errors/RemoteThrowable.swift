/// An error type that travels: both sides register it, and what the service throws arrives as itself.
///
/// Its stored members travel as attributes of the exception, so it must be `Codable`. A Pyro peer, which could not
/// rebuild the Swift type, gets ``pythonClass`` with the same message and the members as attributes.
public protocol RemoteThrowable: Error, Codable, Sendable {
    /// The name on the wire, the same on both sides; the default is the type's name.
    static var remoteName: String { get }
    /// The exception class that Python peers see: one of `builtins`; the default is `builtins.RuntimeError`.
    static var pythonClass: String { get }
    /// The text that Python's `str(exception)` gives.
    var message: String { get }
}

extension RemoteThrowable {
    public static var remoteName: String { String(describing: Self.self) }
    public static var pythonClass: String { "builtins.RuntimeError" }
    public var message: String { String(describing: self) }
}
