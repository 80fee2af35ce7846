import SwiftDiagnostics
import SwiftSyntax

/// Finds the types that can never travel, whatever they conform to.
///
/// Syntax shows closures, tuples, `some`, `any` and the like. Whether a named type is `Codable` only the compiler knows:
/// it says so where the stub and the table use the value.
enum TypeCheck {
    struct Found {
        let refusal: Refusal
        let node: Syntax
        var fixIts: [FixIt] = []
    }

    static func firstRefusal(in type: TypeSyntax) -> Found? {
        switch type.as(TypeSyntaxEnum.self) {
        case .functionType:
            Found(refusal: .closure, node: Syntax(type))
        case .attributedType(let attributed):
            firstRefusal(in: attributed.baseType)
        case .someOrAnyType(let constrained) where constrained.isSome:
            Found(refusal: .opaque, node: Syntax(type))
        case .someOrAnyType(let constrained) where constrained.namesContract:
            nil
        case .someOrAnyType, .compositionType, .suppressedType, .classRestrictionType:
            Found(refusal: .existential(type.trimmedDescription), node: Syntax(type))
        case .metatypeType:
            Found(refusal: .metatype, node: Syntax(type))
        case .implicitlyUnwrappedOptionalType(let optional):
            Found(
                refusal: .implicitlyUnwrapped, node: Syntax(type),
                fixIts: [FixIt("use '?'", rewriting: optional.exclamationMark, as: "?")])
        case .tupleType(let tuple):
            firstRefusal(in: tuple)
        case .optionalType(let optional):
            firstRefusal(in: optional.wrappedType)
        case .arrayType(let array):
            firstRefusal(in: array.element)
        case .dictionaryType(let dictionary):
            firstRefusal(in: dictionary.key) ?? firstRefusal(in: dictionary.value) ?? objectAsKey(dictionary)
        case .identifierType(let named):
            firstRefusal(in: named)
        case .memberType where type.isBlob:
            Found(refusal: .misplacedBlob, node: Syntax(type))
        case .memberType(let member):
            refusedStream(type) ?? firstRefusal(in: member.genericArgumentClause)
        default:
            nil
        }
    }

    /// Parentheses around one type are that type.
    private static func firstRefusal(in tuple: TupleTypeSyntax) -> Found? {
        guard tuple.elements.count == 1, let only = tuple.elements.first else {
            return Found(refusal: .tuple, node: Syntax(tuple))
        }
        return firstRefusal(in: only.type)
    }

    private static func firstRefusal(in named: IdentifierTypeSyntax) -> Found? {
        switch named.name.text {
        case "Any", "AnyObject", "AnyClass":
            Found(refusal: .existential(named.name.text), node: Syntax(named))
        case "Self":
            Found(refusal: .selfType, node: Syntax(named))
        case "SerializedBlob":
            Found(refusal: .misplacedBlob, node: Syntax(named))
        default:
            refusedStream(TypeSyntax(named)) ?? firstRefusal(in: named.genericArgumentClause)
        }
    }

    private static func firstRefusal(in clause: GenericArgumentClauseSyntax?) -> Found? {
        for argument in clause?.arguments ?? [] {
            guard case .type(let type) = argument.argument else { continue }
            if let found = firstRefusal(in: type) { return found }
            // The generated code knows the way into `[any P]`, not into other generic types.
            if ReferenceForm.text(of: type)?.contains(".object(") ?? false {
                return Found(refusal: .buriedObject(type.trimmedDescription), node: Syntax(type))
            }
        }
        return nil
    }

    private static func objectAsKey(_ dictionary: DictionaryTypeSyntax) -> Found? {
        ReferenceForm.text(of: dictionary.key).map { _ in
            Found(refusal: .buriedObject(dictionary.key.trimmedDescription), node: Syntax(dictionary.key))
        }
    }

    private static func refusedStream(_ type: TypeSyntax) -> Found? {
        type.streamElement.map { _ in Found(refusal: .misplacedStream, node: Syntax(type)) }
    }
}

extension SomeOrAnyTypeSyntax {
    fileprivate var isSome: Bool { someOrAnySpecifier.tokenKind == .keyword(.some) }
}

extension TypeSyntax {
    /// `Void` or `()`, however it is written.
    var isVoid: Bool { ["Void", "Swift.Void", "()"].contains(trimmedDescription) }

    var isBlob: Bool { ["SerializedBlob", "Lantern.SerializedBlob"].contains(trimmedDescription) }

    /// The element when this is a `RemoteStream`.
    var streamElement: TypeSyntax? {
        let clause: GenericArgumentClauseSyntax?
        if let named = self.as(IdentifierTypeSyntax.self), named.name.text == "RemoteStream" {
            clause = named.genericArgumentClause
        } else if let member = self.as(MemberTypeSyntax.self), member.name.text == "RemoteStream",
            member.baseType.trimmedDescription == "Lantern"
        {
            clause = member.genericArgumentClause
        } else {
            return nil
        }
        guard let argument = clause?.arguments.first, case .type(let element) = argument.argument else {
            return nil
        }
        return element
    }
}
