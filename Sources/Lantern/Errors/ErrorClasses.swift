import LanternValue

/// Error types that travel as exception classes of Python programs: a closed list, decided by the program.
///
/// ```swift
/// settings.errorClasses.register(OutOfStock.self, as: "shop.OutOfStock")
/// ```
///
/// What a service throws of a registered type goes to every peer under the class name. Pyro programs must have called
/// `register_dict_to_class("shop.OutOfStock", …)`: a Pyro client that does not know a class loses the call's error and
/// its connection. An exception of that class, from a Python service or a Swift one, arrives as the registered type.
public struct ErrorClasses: Sendable {
    struct Entry: Sendable {
        let name: String
        let type: ObjectIdentifier
        let write: @Sendable (any Error) throws -> RemoteError?
        let read: @Sendable (RemoteError) throws -> any Error
    }

    private(set) var entries: [Entry] = []

    public init() {}

    /// Registers a type with converters of its own.
    ///
    /// - Parameters:
    ///   - className: with its module, as Python has it. Registering a type or a name again replaces the earlier entry.
    ///   - write: gives arguments and attributes; the type of what it gives does not count.
    ///   - read: makes the error again, or throws. A peer wrote what it gets: trust nothing in it. When it throws, the
    ///     error arrives as ``RemoteError``.
    public mutating func register<E: Error>(
        _ type: E.Type, as className: String, write: @escaping @Sendable (E) throws -> RemoteError,
        read: @escaping @Sendable (RemoteError) throws -> E
    ) {
        let entry = Entry(
            name: className, type: ObjectIdentifier(type),
            write: { error in
                guard let error = error as? E else { return nil }
                let written = try write(error)
                return RemoteError(
                    type: className, arguments: written.arguments, attributes: written.attributes)
            }, read: read)
        entries.removeAll { $0.type == entry.type || $0.name.utf8.elementsEqual(className.utf8) }
        entries.append(entry)
    }

    /// Registers a type whose members are the attributes of the exception and whose ``RemoteThrowable/message`` is its
    /// one argument.
    public mutating func register<E: RemoteThrowable>(_ type: E.Type, as className: String) {
        register(
            type, as: className,
            write: { error in
                RemoteError(
                    type: className, arguments: [.text(error.message)],
                    attributes: try ValueEncoder().encode(error).pairs ?? [])
            },
            read: { try ValueDecoder().decode(type, from: .map($0.attributes)) })
    }

    /// What an error of a registered type becomes; nil for others, and when its converter fails.
    func written(_ error: any Error) -> RemoteError? {
        guard !entries.isEmpty else { return nil }
        let type = ObjectIdentifier(Swift.type(of: error))
        guard let entry = entries.first(where: { $0.type == type }) else { return nil }
        return (try? entry.write(error)) ?? nil
    }

    /// The registered error that an exception stands for.
    func read(_ error: RemoteError) -> (any Error)? {
        guard let entry = entries.first(where: { $0.name.utf8.elementsEqual(error.type.utf8) }) else {
            return nil
        }
        return try? entry.read(error)
    }
}
