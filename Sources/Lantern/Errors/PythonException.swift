/// The exception classes that every Python peer can make again from their arguments.
///
/// A Pyro program that gets another class name raises something else instead (`SerializeError`, `AttributeError`),
/// and the text of the real error is lost. Classes that end a program, such as `SystemExit`, are left out, and so are
/// those that take other arguments than a text.
///
/// - Source: `dict_to_class` in Pyro5's `serializers.py`, the built-in exceptions of Python 3.9.
enum PythonException {
    static func isKnown(_ className: String) -> Bool {
        if let name = className.after("builtins.") { return builtins.contains(name) }
        if let name = className.after("Pyro5.errors.") ?? className.after("Pyro4.errors.") {
            return pyro.contains(name)
        }
        return false
    }

    private static let pyro: Set<String> = [
        "CommunicationError", "ConnectionClosedError", "DaemonError", "MessageTooLargeError", "NamingError",
        "ProtocolError", "PyroError", "SecurityError", "SerializeError", "TimeoutError",
    ]

    private static let builtins: Set<String> = [
        "ArithmeticError", "AssertionError", "AttributeError", "BlockingIOError", "BrokenPipeError",
        "BufferError",
        "BytesWarning", "ChildProcessError", "ConnectionAbortedError", "ConnectionError",
        "ConnectionRefusedError", "ConnectionResetError", "DeprecationWarning", "EOFError", "Exception",
        "FileExistsError", "FileNotFoundError", "FloatingPointError", "FutureWarning", "ImportError",
        "ImportWarning", "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError",
        "KeyError",
        "LookupError", "MemoryError", "ModuleNotFoundError", "NameError", "NotADirectoryError",
        "NotImplementedError", "OSError", "OverflowError", "PendingDeprecationWarning", "PermissionError",
        "ProcessLookupError", "RecursionError", "ReferenceError", "ResourceWarning", "RuntimeError",
        "RuntimeWarning", "StopAsyncIteration", "StopIteration", "SyntaxError", "SyntaxWarning",
        "SystemError",
        "TabError", "TimeoutError", "TypeError", "UnboundLocalError", "UnicodeError", "UnicodeWarning",
        "UserWarning", "ValueError", "Warning", "ZeroDivisionError",
    ]
}

extension String {
    fileprivate func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
