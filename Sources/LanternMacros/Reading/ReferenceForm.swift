import SwiftSyntax

/// Finds the types that hold remote objects, and how `Lantern.ReferenceForm` spells them.
enum ReferenceForm {
    /// The form of `any P`, `DynamicProxy`, `PyroURI`, and of optionals, arrays and dictionaries of such; nil for
    /// types without remote objects.
    static func text(of type: TypeSyntax) -> String? {
        switch type.as(TypeSyntaxEnum.self) {
        case .someOrAnyType(let constrained) where constrained.namesContract:
            ".object(_remoteContract())"
        case .identifierType(let named) where named.genericArgumentClause == nil:
            forms[named.name.text]
        case .memberType(let member) where member.baseType.trimmedDescription == "Lantern":
            forms[member.name.text]
        case .optionalType(let optional):
            text(of: optional.wrappedType).map { ".optional(\($0))" }
        case .arrayType(let array):
            text(of: array.element).map { ".list(\($0))" }
        case .dictionaryType(let dictionary):
            text(of: dictionary.value).map { ".map(\($0))" }
        case .tupleType(let tuple) where tuple.elements.count == 1:
            tuple.elements.first.flatMap { text(of: $0.type) }
        default:
            nil
        }
    }

    private static let forms = ["DynamicProxy": ".proxy", "PyroURI": ".uri"]
}

extension SomeOrAnyTypeSyntax {
    /// Whether it is `any P`, where `P` may be a `@Remote` protocol: the compiler finds out when it looks for the
    /// contract. Some protocols of the standard library are known not to be, and refused in better words.
    var namesContract: Bool {
        guard someOrAnySpecifier.tokenKind == .keyword(.any) else { return false }
        switch constraint.as(TypeSyntaxEnum.self) {
        case .identifierType(let named):
            return named.genericArgumentClause == nil && !Self.notContracts.contains(named.name.text)
        case .memberType(let member):
            return member.genericArgumentClause == nil
                && !["Swift", "Foundation"].contains(member.baseType.trimmedDescription)
        default:
            return false
        }
    }

    private static let notContracts: Set<String> = [
        "Actor", "AnyObject", "Any", "AsyncSequence", "Codable", "Collection", "Comparable",
        "CustomStringConvertible", "Decodable", "Encodable", "Equatable", "Error", "Hashable", "Identifiable",
        "Sendable", "Sequence",
    ]
}
