/// A struct read as a map of named fields.
struct Record {
    let name: String
    /// The access modifier of the members and a space, or nothing.
    let memberAccess: String
    /// In the order of their declaration, those without a key left out.
    let fields: [Field]

    struct Field {
        /// The property as written, backticks included.
        let name: String
        /// The map key.
        let key: String
        let type: String
        /// A `let` with a value: written, but a reader cannot set it.
        let isConstant: Bool
    }
}

/// How a type travels.
enum ValueShape {
    case record(Record)
    /// An enum as its raw value; the conformance has all it needs from the library.
    case rawValue
}
