/// Refusals that concern the protocol as a whole, and the names of its requirements.
extension Refusal {
    static let notAProtocol = Refusal(
        "notAProtocol",
        """
        @Remote describes a contract and belongs on a protocol; declare a protocol and let this \
        type conform to it
        """)

    static func nested(_ name: String) -> Refusal {
        Refusal(
            "nested",
            "a @Remote protocol stands at file scope, where calls find its contract; move '\(name)' there")
    }

    static func missingSendable(_ name: String) -> Refusal {
        Refusal("missingSendable", "'\(name)' is called from many tasks at once and must inherit Sendable")
    }

    static let actorBound = Refusal(
        "actorBound",
        "a stub is not an actor; inherit Sendable instead of Actor, which every actor conforms to")

    static func inherits(_ name: String) -> Refusal {
        Refusal(
            "inherits",
            """
            @Remote cannot see what '\(name)' requires; inherit Sendable only and repeat those \
            requirements here
            """)
    }

    static let genericProtocol = Refusal(
        "genericProtocol", "a @Remote protocol cannot be generic; use concrete types that both sides know")

    static func associatedType(_ name: String) -> Refusal {
        Refusal(
            "associatedType",
            "the far side cannot know the associated type '\(name)'; use a concrete Codable type instead")
    }

    static let conditional = Refusal(
        "conditional",
        "a contract is the same on both sides; write its requirements without #if or other macros")

    static let initializer = Refusal(
        "initializer",
        """
        a remote object is made by its own side; use a method that returns what you need instead \
        of an initializer
        """)

    static let subscripting = Refusal(
        "subscript", "a subscript has no name a peer could call; use a method instead")

    static let staticRequirement = Refusal(
        "static", "a call reaches one remote object, not its type; remove 'static'")

    static let mutating = Refusal(
        "mutating", "a remote object is shared and keeps its own state; remove 'mutating'")

    // Names.

    static func overload(_ name: String) -> Refusal {
        Refusal(
            "overload",
            """
            '\(name)' is declared more than once and peers call by base name only; give this one a \
            @Name of its own
            """)
    }

    static func duplicateName(_ name: String) -> Refusal {
        Refusal(
            "duplicateName", "the wire name '\(name)' is taken in this protocol; choose another with @Name")
    }

    static let takenName = Refusal(
        "takenName",
        "the stub has a member 'proxy' of its own; choose another Swift name and write @Name(\"proxy\")")

    static let emptyName = Refusal("emptyName", "@Name needs a name; write the one peers will call")

    static func nameNotLiteral(_ marker: String) -> Refusal {
        Refusal(
            "nameNotLiteral", "@\(marker) needs one plain string literal; peers cannot follow an expression")
    }

    static func badName(_ name: String) -> Refusal {
        Refusal(
            "badName",
            """
            '\(name)' is not an identifier; a wire name has letters, digits and '_' and begins \
            with a letter
            """)
    }

    static func privateName(_ name: String) -> Refusal {
        Refusal(
            "privateName",
            """
            peers treat names that begin with '_' as private and refuse '\(name)'; choose another \
            with @Name
            """)
    }

    static func reservedName(_ name: String) -> Refusal {
        Refusal(
            "reservedName",
            "Python keeps '\(name)' to itself and peers cannot call it; choose another with @Name")
    }

    static func repeatedMarker(_ marker: String) -> Refusal {
        Refusal("repeatedMarker", "@\(marker) is written twice; keep one")
    }

    static func strayMarker(_ marker: String) -> Refusal {
        Refusal(
            "strayMarker", "@\(marker) has no meaning here; it belongs inside a protocol marked with @Remote")
    }
}
