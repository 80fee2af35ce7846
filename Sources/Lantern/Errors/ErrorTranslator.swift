import LanternTrust
package import LanternValue
package import LanternWire

/// Turns thrown errors into the exceptions that travel, and back.
package struct ErrorTranslator: Sendable {
    private let registered: [String: any RemoteThrowable.Type]

    private let classes: ErrorClasses

    /// - Parameters:
    ///   - types: the error types that come back as themselves.
    ///   - classes: those that are exception classes of Python programs.
    package init(_ types: [any RemoteThrowable.Type] = [], classes: ErrorClasses = .init()) {
        self.classes = classes
        registered = Dictionary(types.map { ($0.remoteName, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The exception for an error that a handler threw.
    ///
    /// Python peers get classes of `builtins` and of their own generation only: they drop the connection at any
    /// other name. Text is cut at 4,096 bytes.
    ///
    /// - Parameter place: "object.method", for the traceback.
    package func exception(
        for error: any Error, version: WireVersion, peerIsLantern: Bool, place: String
    ) -> ExceptionRecord {
        let root = version == .v48 ? "Pyro4.errors." : "Pyro5.errors."
        let shape: (type: String, message: String, attributes: [ValuePair])
        var arguments: [Value]?
        let registered = classes.written(error)
        switch registered ?? error {
        case let error as RemoteError:
            let name = registered == nil ? Self.className(error.type, root: root) : error.type
            shape = (name, error.message, error.attributes)
            arguments = error.arguments.map(Self.shortened)
        case let error as any RemoteThrowable:
            shape = travelling(error, root: root, peerIsLantern: peerIsLantern)
        case let error as ValueError:
            let type = error.code == .badCall || error.code == .wrongType ? "TypeError" : "ValueError"
            shape = ("builtins." + type, error.detail, [])
        case let error as QuotaRefusal:
            var attributes = [ValuePair(.text(Self.quotaAttribute), .text(error.kind.rawValue))]
            if let wait = error.wait { attributes.append(ValuePair("retryAfter", .float(wait))) }
            shape = (root + "PyroError", error.text, attributes)
        case let error as LanternError:
            shape = (root + Self.pyroError(for: error.code), error.detail, [])
        case is CancellationError:
            shape = (root + "TimeoutError", "the call was cancelled", [])
        default:
            shape = ("builtins.RuntimeError", "\(type(of: error)): \(error)", [])
        }
        let message = Self.shortened(shape.message)
        let kind = shape.type.split(separator: ".").last.map(String.init) ?? shape.type
        let traceback = [
            "Traceback (most recent call last):\n", "  in \(Self.shortened(place)) (Lantern daemon)\n",
            "\(kind): \(message)\n",
        ]
        return ExceptionRecord(
            className: shape.type, arguments: arguments ?? [.text(message)],
            attributes: shape.attributes + [
                ValuePair("_pyroTraceback", .list(traceback.map { .text($0) }))
            ])
    }

    /// The error for an exception that a peer sent: the registered type if there is one, else ``RemoteError``.
    package func error(for record: ExceptionRecord) -> any Error {
        if let known = classes.read(RemoteError(record)) { return known }
        let tagged = record.attributes.first { $0.key == .text(Self.typeAttribute) }?.value.textValue
        if let name = tagged ?? Self.lanternName(record.className), let type = registered[name],
            let rebuilt = try? Self.rebuild(type, from: record)
        {
            return rebuilt
        }
        if record.className.hasSuffix(".TimeoutError"), record.className.hasPrefix("Pyro") {
            return LanternError(.timeout, record.message)
        }
        if record.attributes.contains(where: { $0.key == .text(Self.quotaAttribute) }) {
            return LanternError(.quotaExceeded, record.message)
        }
        return RemoteError(record)
    }

    /// The attribute that tells a refusal by a quota from other errors: which limit it was.
    private static let quotaAttribute = "lanternQuota"

    // MARK: - Registered types

    /// The attribute that names a registered Swift error inside a Python exception.
    private static let typeAttribute = "lanternType"
    private static let lanternPrefix = "lantern."

    private static func lanternName(_ className: String) -> String? {
        className.hasPrefix(lanternPrefix) ? String(className.dropFirst(lanternPrefix.count)) : nil
    }

    private func travelling(
        _ error: any RemoteThrowable, root: String, peerIsLantern: Bool
    ) -> (String, String, [ValuePair]) {
        let type = Swift.type(of: error)
        let pythonClass = Self.className(type.pythonClass, root: root)
        guard registered[type.remoteName] != nil, let members = try? ValueEncoder().encode(error) else {
            return (pythonClass, error.message, [])
        }
        let attributes = [
            ValuePair(.text(Self.typeAttribute), .text(type.remoteName)),
            ValuePair("lanternMembers", members),
        ]
        let name = peerIsLantern ? Self.lanternPrefix + type.remoteName : pythonClass
        return (name, error.message, attributes)
    }

    private static func rebuild<E: RemoteThrowable>(
        _ type: E.Type, from record: ExceptionRecord
    ) throws -> any Error {
        let members = record.attributes.first { $0.key == .text("lanternMembers") }?.value
        return try ValueDecoder().decode(type, from: members ?? .map([]))
    }

    // MARK: - Names and texts

    /// A class name that the receiver has: `Pyro5.errors.X` becomes `Pyro4.errors.X` and the reverse, and what no
    /// Python knows becomes a `RuntimeError`.
    private static func className(_ name: String, root: String) -> String {
        var name = name
        for prefix in ["Pyro4.errors.", "Pyro5.errors.", "Pyro.errors."] where name.hasPrefix(prefix) {
            name = root + name.dropFirst(prefix.count)
            break
        }
        return PythonException.isKnown(name) ? name : "builtins.RuntimeError"
    }

    private static func pyroError(for code: LanternError.Code) -> String {
        switch code {
        case .notAllowed, .authenticationFailed: "SecurityError"
        case .unknownObject, .alreadyRegistered: "DaemonError"
        case .notFound: "NamingError"
        case .timeout: "TimeoutError"
        case .serializerRefused: "SerializeError"
        case .messageTooLarge: "ProtocolError"
        default: "PyroError"
        }
    }

    private static func shortened(_ value: Value) -> Value {
        value.textValue.map { .text(shortened($0)) } ?? value
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= 4096 ? text : String(decoding: text.utf8.prefix(4096), as: UTF8.self) + "…"
    }
}
