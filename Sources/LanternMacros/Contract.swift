/// A protocol read as a contract: everything the stub and the dispatch table are written from.
struct Contract {
    /// The protocol's name as written, backticks included.
    let name: String
    /// The protocol's access modifier and a space, or nothing.
    let access: String
    let requirements: [Requirement]

    /// The access modifier of the stub's members: those of a private stub must be seen by its file.
    var memberAccess: String { access == "private " || access == "fileprivate " ? "" : access }
    var plainName: String { name.withoutBackticks }
    var stubName: String { plainName + "Stub" }
}

/// One method or property of a contract.
struct Requirement {
    enum Kind {
        case method(oneway: Bool)
        case attribute
        /// Writes the attribute of that wire name.
        case setter
    }

    enum Result {
        case nothing
        /// `form` is how a type that holds remote objects is written and read; nil for others.
        case value(type: String, form: String? = nil)
        case stream(type: String)
    }

    let kind: Kind
    /// The name as written, backticks included.
    let name: String
    /// The name a peer calls.
    let wireName: String
    let parameters: [Parameter]
    let result: Result
    /// Whether its one argument is a `SerializedBlob`.
    var takesBlob = false
}

/// One parameter of a method.
struct Parameter {
    /// The argument label as written; `nil` for `_`.
    let label: String?
    /// The name inside the generated bodies; differs from the user's where theirs would be ambiguous.
    let localName: String
    /// The keyword a peer may use: the label, or the parameter's name when the label is `_`.
    let wireName: String
    let type: String
    /// How a type that holds remote objects is written and read; nil for others.
    let form: String?
}

extension String {
    var withoutBackticks: String {
        hasPrefix("`") && hasSuffix("`") && count > 2 ? String(dropFirst().dropLast()) : self
    }
}
