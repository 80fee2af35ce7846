/// Refusals that concern one requirement: its effects, parameters and result.
extension Refusal {
    static func missingEffects(_ name: String) -> Refusal {
        Refusal("missingEffects", "'\(name)' waits for the network and may fail; declare it 'async throws'")
    }

    static func typedThrows(_ name: String) -> Refusal {
        Refusal(
            "typedThrows",
            """
            '\(name)' may also fail with an error of the network or of the far side; declare it \
            plain 'throws'
            """)
    }

    static func setter(_ name: String) -> Refusal {
        Refusal(
            "setter",
            "a remote property is read-only; write '{ get async throws }' and a method that sets '\(name)'")
    }

    static func genericMethod(_ name: String) -> Refusal {
        Refusal(
            "genericMethod",
            "the far side cannot know the type parameters of '\(name)'; use concrete Codable types")
    }

    static func onewayResult(_ name: String) -> Refusal {
        Refusal(
            "onewayResult", "nobody waits for a @Oneway call; remove the result of '\(name)' or the @Oneway")
    }

    static func onewayStream(_ name: String) -> Refusal {
        Refusal(
            "onewayStream",
            "nobody waits for a @Oneway call, but '\(name)' has an item stream to be read; remove the @Oneway"
        )
    }

    static let onewayProperty = Refusal(
        "onewayProperty",
        "a property is read for its value and cannot be @Oneway; use a method without a result")

    static let voidProperty = Refusal(
        "voidProperty", "a property without a value cannot be read; use a method")

    // Parameters.

    static func specifier(_ specifier: String) -> Refusal {
        Refusal(
            "specifier",
            "an argument travels as a copy; remove '\(specifier)' and return what the caller should get back")
    }

    static let variadic = Refusal("variadic", "a variadic parameter cannot travel; use an array")

    static let unnamedParameter = Refusal(
        "unnamedParameter", "peers may pass this parameter by keyword; give it a name")

    static func duplicateParameter(_ name: String) -> Refusal {
        Refusal(
            "duplicateParameter",
            "two parameters are both called '\(name)' on the wire; give each a label of its own")
    }

    // Types.

    static let closure = Refusal(
        "closure", "a closure cannot travel; return a value, or a RemoteStream when there is more than one")

    static let opaque = Refusal(
        "opaque", "the far side cannot know which type 'some' hides; write the concrete Codable type")

    static func existential(_ type: String) -> Refusal {
        Refusal(
            "existential",
            "neither side could tell which type to build for '\(type)'; use a concrete Codable type or Value")
    }

    static func buriedObject(_ type: String) -> Refusal {
        Refusal(
            "buriedObject",
            """
            '\(type)' is a remote object; it can travel by itself, as an optional, in an array or as the value of a \
            dictionary, written 'T?', '[T]' and '[K: T]'
            """)
    }

    static let tuple = Refusal("tuple", "a tuple cannot travel; use a Codable struct")

    static let metatype = Refusal("metatype", "a type cannot travel; send its name or another value instead")

    static let selfType = Refusal(
        "selfType", "the far side cannot know 'Self'; write the concrete Codable type")

    static let implicitlyUnwrapped = Refusal(
        "implicitlyUnwrapped", "a value from a peer may be missing; write '?' instead of '!'")

    static let misplacedStream = Refusal(
        "misplacedStream",
        "a RemoteStream can only be a whole parameter or the whole result of a method; use an array here")
}
