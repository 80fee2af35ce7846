extension ClassRegistry {
    package var refusesUnknown: Bool { unknown == .areRefused }

    /// Looks for class dicts that nobody registered, at any depth.
    ///
    /// Exceptions and Pyro's own objects (URIs, proxies) are known to everybody.
    ///
    /// - Throws: ``ValueError/Code/unsupported`` for the first one.
    package func check(_ value: Value) throws(ValueError) {
        // A stack of what is still to be looked at: a deep tree costs heap, not stack.
        var left = [value]
        while let next = left.popLast() {
            switch next {
            case .list(let members), .tuple(let members), .set(let members), .frozenSet(let members):
                left += members
            case .map(let pairs):
                try checkName(of: next)
                for pair in pairs {
                    left.append(pair.key)
                    left.append(pair.value)
                }
            default: break
            }
        }
    }

    /// The same for the arguments of a call.
    package func check(_ arguments: UnopenedArguments) throws(ValueError) {
        let values = try arguments.values()
        for value in values.positional { try check(value) }
        for (_, value) in values.keywords { try check(value) }
    }

    private func checkName(of dict: Value) throws(ValueError) {
        guard let named = dict[ClassEntry.key] else { return }
        guard let name = named.textValue else {
            throw ValueError(.unsupported, "the name of a serialized class is no text")
        }
        let isKnown =
            table?.entry(named: name) != nil || dict["__exception__"]?.boolValue == true
            || Self.known.contains { name.hasPrefix($0) }
        if !isKnown { throw ValueError(.unsupported, "unsupported serialized class: \(name.prefix(64))") }
    }

    /// How the names of what Pyro and Lantern themselves send begin.
    private static let known = [
        "Pyro4.core.", "Pyro4.errors.", "Pyro4.futures.", "Pyro4.util.", "Pyro5.client.", "Pyro5.core.",
        "Pyro5.errors.", "Pyro5.serializers.", "Pyro5.server.", "lantern.",
    ]
}
