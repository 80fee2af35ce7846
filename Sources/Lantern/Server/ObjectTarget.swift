/// A registered object as the dispatcher sees it: its members by name, and how to run them.
package protocol ObjectTarget: Sendable {
    var members: DynamicMembers { get }

    /// How to run a member that ``members`` lists.
    func member(_ name: MemberName) -> ObjectMember
}

/// What a call wants of an object.
package enum MemberName: Sendable, Hashable {
    case method(String)
    case getAttribute(String)
    case setAttribute(String)

    /// The name of the method or attribute.
    package var text: String {
        switch self {
        case .method(let name), .getAttribute(let name), .setAttribute(let name): name
        }
    }

    /// The name that the policy judges: setting an attribute is `name=`, reading it `name`.
    package var policyName: String {
        if case .setAttribute(let name) = self { name + "=" } else { text }
    }

    /// Whether the object offers it, by the very bytes that the policy judged.
    package func isOffered(by members: DynamicMembers) -> Bool {
        let names =
            switch self {
            case .method: members.methods
            case .getAttribute: members.attributes
            case .setAttribute: members.writableAttributes
            }
        guard let found = names.firstIndex(of: text) else { return false }
        return names[found].utf8.elementsEqual(text.utf8)
    }
}
