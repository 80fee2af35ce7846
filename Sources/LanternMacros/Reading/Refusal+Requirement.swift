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
            """
            setting a property cannot wait for the far side; write '{ get async throws }', and to let \
            peers set it a method marked @Setter("\(name)")
            """)
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

    // Setters.

    static let setterProperty = Refusal(
        "setterProperty", "@Setter marks the method that sets an attribute, not the property that reads it")

    static func setterShape(_ attribute: String) -> Refusal {
        Refusal(
            "setterShape",
            """
            the setter of '\(attribute)' takes the new value and gives nothing back; declare it with \
            one parameter and without a result
            """)
    }

    static let setterOneway = Refusal(
        "setterOneway", "who sets an attribute waits until it is set; remove @Oneway or @Setter")

    static let setterName = Refusal(
        "setterName", "@Setter says the name on the wire already; remove @Name")

    static func setterAlone(_ attribute: String) -> Refusal {
        Refusal(
            "setterAlone",
            """
            the contract has no property with the wire name '\(attribute)'; declare the one that this \
            method sets
            """)
    }

    static func setterType(_ attribute: String, is type: String) -> Refusal {
        Refusal(
            "setterType",
            "the property '\(attribute)' is read as '\(type)'; let the setter take that type, written the same"
        )
    }

    static func repeatedSetter(_ attribute: String) -> Refusal {
        Refusal("repeatedSetter", "'\(attribute)' has a setter already; keep one")
    }

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
        """
        a RemoteStream can only be a whole parameter, the whole result of a method or a whole property; \
        use an array here
        """)

    static let misplacedBlob = Refusal(
        "misplacedBlob", "a SerializedBlob can only be the one argument of a method; use [UInt8] here")

    static let blobNotAlone = Refusal(
        "blobNotAlone", "a SerializedBlob travels alone; put what belongs to it into its info or its data")
}
