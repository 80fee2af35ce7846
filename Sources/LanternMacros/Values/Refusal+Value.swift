/// Refusals of `@RemoteValue`.
extension Refusal {
    static let notARecord = Refusal(
        "notARecord",
        """
        @RemoteValue copies a value to the far side and belongs on a struct, or an enum with raw values; \
        what has an identity stays where it is and is called through a @Remote protocol
        """)

    static func enumWithoutRawValue(_ name: String) -> Refusal {
        Refusal(
            "enumWithoutRawValue",
            """
            '\(name)' has no raw values that could travel; write 'enum \(name): String', or make it Codable \
            and leave @RemoteValue away
            """)
    }

    static func genericRecord(_ name: String) -> Refusal {
        Refusal(
            "genericRecord",
            """
            @RemoteValue keeps the names of the fields once for the type and cannot do so for a generic one; \
            use concrete types, or make '\(name)' Codable and leave @RemoteValue away
            """)
    }

    static let untypedField = Refusal(
        "untypedField", "@RemoteValue cannot see the type of this field; write it: 'var name: Type'")

    static let proxyField = Refusal(
        "proxyField",
        """
        what a proxy means depends on the connection, which @RemoteValue does not see; make the type Codable and \
        leave @RemoteValue away
        """)

    static let lazyField = Refusal(
        "lazyField",
        "a lazy field has no value to send until it is asked for; use a computed property instead")

    static let wrappedField = Refusal(
        "wrappedField",
        """
        @RemoteValue cannot see what an attribute makes of this field; make the type Codable and leave \
        @RemoteValue away, or remove the attribute
        """)

    static let conditionalField = Refusal(
        "conditionalField", "a value has the same fields on both sides; write them without #if")

    static let unreadableKeys = Refusal(
        "unreadableKeys",
        "@RemoteValue reads CodingKeys as text: write an enum whose cases have plain string literals or nothing"
    )

    static func keyWithoutField(_ name: String) -> Refusal {
        Refusal("keyWithoutField", "CodingKeys names '\(name)', which is no stored property of this struct")
    }

    static func fieldWithoutKey(_ name: String) -> Refusal {
        Refusal(
            "fieldWithoutKey",
            "'\(name)' is not in CodingKeys and would have no value on the far side; add it there or give it one here"
        )
    }
}
