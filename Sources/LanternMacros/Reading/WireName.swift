/// The rules for names on the wire: what every peer accepts as the name of a method or attribute.
enum WireName {
    static func refusal(of name: String) -> Refusal? {
        if name.isEmpty {
            return .emptyName
        }
        if isDunder(name) {
            if !isIdentifier(String(name.drop { $0 == "_" })) { return .badName(name) }
            return reserved.contains(name) ? .reservedName(name) : nil
        }
        if name.hasPrefix("_") {
            return .privateName(name)
        }
        return isIdentifier(name) ? nil : .badName(name)
    }

    /// `__len__` and the like, which Python calls special methods.
    private static func isDunder(_ name: String) -> Bool {
        name.hasPrefix("__") && name.hasSuffix("__") && name.count > 4
    }

    /// The special methods that no Pyro server lets a peer call.
    ///
    /// - Source: `_private_dunder_methods` in Pyro5's `server.py`.
    private static let reserved: Set<String> = [
        "__init__", "__init_subclass__", "__class__", "__module__", "__weakref__", "__call__", "__new__",
        "__del__", "__repr__", "__str__", "__format__", "__nonzero__", "__bool__", "__coerce__", "__cmp__",
        "__eq__", "__ne__", "__hash__", "__ge__", "__gt__", "__le__", "__lt__", "__dir__", "__enter__",
        "__exit__", "__copy__", "__deepcopy__", "__sizeof__", "__getattr__", "__setattr__", "__hasattr__",
        "__getattribute__", "__delattr__", "__instancecheck__", "__subclasscheck__", "__getinitargs__",
        "__getnewargs__", "__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__subclasshook__",
    ]

    /// An identifier in Swift and in Python alike: letters, digits and underscores, no digit in front.
    private static func isIdentifier(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        guard let first = scalars.first, first.properties.isXIDStart else { return false }
        return scalars.allSatisfy(\.properties.isXIDContinue)
    }
}
