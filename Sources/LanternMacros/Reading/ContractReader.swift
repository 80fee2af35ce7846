import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxBuilder

/// Reads a protocol as a contract and finds everything in it that cannot travel.
struct ContractReader {
    private(set) var findings: [Diagnostic] = []

    /// - Returns: `nil` when anything was refused; ``findings`` says what.
    mutating func read(
        _ declaration: some DeclSyntaxProtocol, markedBy attribute: AttributeSyntax, inside context: [Syntax]
    ) -> Contract? {
        guard let contract = declaration.as(ProtocolDeclSyntax.self) else {
            findings.append(Diagnostic(.notAProtocol, at: attribute))
            return nil
        }
        let name = contract.name.text
        if !context.isEmpty {
            findings.append(Diagnostic(.nested(name.withoutBackticks), at: contract.name))
        }
        checkInheritance(of: contract)
        checkGenerics(of: contract)
        let requirements = contract.memberBlock.members.compactMap { read(member: $0.decl) }
        checkNames(of: requirements.filter { !$0.requirement.isSetter })
        checkSetters(of: requirements)
        guard findings.isEmpty else { return nil }
        return Contract(
            name: name, access: contract.access, requirements: requirements.map(\.requirement))
    }

    private mutating func checkInheritance(of contract: ProtocolDeclSyntax) {
        var isSendable = false
        for inherited in contract.inheritanceClause?.inheritedTypes ?? [] {
            switch inherited.type.trimmedDescription {
            case "Sendable", "Swift.Sendable":
                isSendable = true
            case "Actor", "_Concurrency.Actor":
                isSendable = true
                let sendable = inherited.type.replaced(by: IdentifierTypeSyntax(name: "Sendable"))
                let fixIt = FixIt("inherit Sendable", replacing: inherited.type, with: sendable)
                findings.append(Diagnostic(.actorBound, at: inherited.type, fixIts: [fixIt]))
            case let other:
                findings.append(Diagnostic(.inherits(other), at: inherited.type))
            }
        }
        if !isSendable {
            let refusal = Refusal.missingSendable(contract.name.text.withoutBackticks)
            findings.append(Diagnostic(refusal, at: contract.name, fixIts: [contract.addSendable]))
        }
    }

    private mutating func checkGenerics(of contract: ProtocolDeclSyntax) {
        if let clause = contract.primaryAssociatedTypeClause {
            findings.append(Diagnostic(.genericProtocol, at: clause))
        }
        if let clause = contract.genericWhereClause {
            findings.append(Diagnostic(.genericProtocol, at: clause))
        }
    }

    private mutating func read(member: DeclSyntax) -> FoundRequirement? {
        switch member.as(DeclSyntaxEnum.self) {
        case .functionDecl(let method):
            read { $0.read(method) }
        case .variableDecl(let property):
            read { $0.read(property) }
        case .typeAliasDecl:
            nil
        case .associatedTypeDecl(let type):
            refuse(.associatedType(type.name.text), at: type)
        case .initializerDecl(let initializer):
            refuse(.initializer, at: initializer)
        case .subscriptDecl(let declaration):
            refuse(.subscripting, at: declaration)
        default:
            refuse(.conditional, at: member)
        }
    }

    private mutating func read(
        _ body: (inout RequirementReader) -> FoundRequirement?
    ) -> FoundRequirement? {
        var reader = RequirementReader()
        let found = body(&reader)
        findings += reader.findings
        return found
    }

    private mutating func refuse(_ refusal: Refusal, at node: some SyntaxProtocol) -> FoundRequirement? {
        findings.append(Diagnostic(refusal, at: node))
        return nil
    }

    /// Wire names are one namespace: methods, properties and what `@Name` says.
    private mutating func checkNames(of requirements: [FoundRequirement]) {
        var taken: [String: FoundRequirement] = [:]
        for found in requirements {
            let name = found.requirement.wireName
            guard let first = taken.updateValue(taken[name] ?? found, forKey: name) else { continue }
            if first.isRenamed || found.isRenamed {
                findings.append(Diagnostic(.duplicateName(name), at: found.nameNode))
            } else {
                findings.append(Diagnostic(.overload(name), at: found.nameNode, fixIts: [found.addName]))
            }
        }
    }
}

extension ContractReader {
    /// A setter belongs to one property and takes what that one gives. Only the text of the types can be compared.
    private mutating func checkSetters(of requirements: [FoundRequirement]) {
        var properties: [String: Requirement] = [:]
        for found in requirements where found.requirement.isAttribute {
            properties[found.requirement.wireName] = found.requirement
        }
        var known: Set<String> = []
        for found in requirements where found.requirement.isSetter {
            let name = found.requirement.wireName
            if !known.insert(name).inserted {
                findings.append(Diagnostic(.repeatedSetter(name), at: found.nameNode))
            }
            guard let property = properties[name] else {
                findings.append(Diagnostic(.setterAlone(name), at: found.nameNode))
                continue
            }
            guard let given = found.requirement.parameters.first?.type, let type = property.result.type,
                given != type
            else { continue }
            findings.append(Diagnostic(.setterType(name, is: type), at: found.nameNode))
        }
    }
}

extension Requirement {
    fileprivate var isSetter: Bool {
        if case .setter = kind { true } else { false }
    }

    fileprivate var isAttribute: Bool {
        if case .attribute = kind { true } else { false }
    }
}

extension Requirement.Result {
    fileprivate var type: String? {
        switch self {
        case .nothing: nil
        case .value(let type, _), .stream(let type): type
        }
    }
}

extension ProtocolDeclSyntax {
    /// The access modifier and a space; `internal` and none are the same.
    fileprivate var access: String {
        let levels: [Keyword] = [.public, .package, .internal, .fileprivate, .private]
        let modifier = modifiers.first { modifier in
            levels.contains { modifier.name.tokenKind == .keyword($0) }
        }
        return modifier.map { $0.name.text + " " } ?? ""
    }

    fileprivate var addSendable: FixIt {
        let last = inheritanceClause?.lastToken(viewMode: .sourceAccurate) ?? name
        let text = inheritanceClause == nil ? "\(last.text): Sendable" : "\(last.text), Sendable"
        return FixIt("add ': Sendable'", rewriting: last, as: text)
    }
}

extension TypeSyntax {
    /// Another type with this one's white space and comments around it.
    fileprivate func replaced(by other: IdentifierTypeSyntax) -> IdentifierTypeSyntax {
        other.with(\.leadingTrivia, leadingTrivia).with(\.trailingTrivia, trailingTrivia)
    }
}
