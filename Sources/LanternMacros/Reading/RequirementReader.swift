import SwiftDiagnostics
import SwiftSyntax
import SwiftSyntaxBuilder

/// Reads one method or property of a contract.
struct RequirementReader {
    private(set) var findings: [Diagnostic] = []

    mutating func read(_ method: FunctionDeclSyntax) -> FoundRequirement? {
        let name = method.name.text.withoutBackticks
        checkModifiers(method.modifiers)
        if let generics = method.genericParameterClause {
            refuse(.genericMethod(name), at: generics)
        }
        if let constraints = method.genericWhereClause {
            refuse(.genericMethod(name), at: constraints)
        }
        checkEffects(of: method.signature, name: name)
        let parameters = read(method.signature.parameterClause)
        let result = read(method.signature.returnClause)
        let markers = readMarkers(method.attributes)
        if let oneway = markers.oneway, method.signature.returnClause != nil, !result.isNothing {
            refuse(.onewayResult(name), at: oneway)
        }
        if let oneway = markers.oneway,
            method.signature.parameterClause.parameters.contains(where: { $0.type.streamElement != nil })
        {
            refuse(.onewayStream(name), at: oneway)
        }
        return found(
            Requirement(
                kind: .method(oneway: markers.oneway != nil), name: method.name.text,
                wireName: markers.name ?? name, parameters: parameters, result: result),
            name: method.name, markers: markers, declaration: method)
    }

    mutating func read(_ property: VariableDeclSyntax) -> FoundRequirement? {
        checkModifiers(property.modifiers)
        let markers = readMarkers(property.attributes)
        if let oneway = markers.oneway {
            refuse(.onewayProperty, at: oneway)
        }
        // Anything but one named, typed property does not compile in a protocol anyway.
        guard property.bindings.count == 1, let binding = property.bindings.first,
            let pattern = binding.pattern.as(IdentifierPatternSyntax.self),
            let type = binding.typeAnnotation?.type
        else { return nil }
        let name = pattern.identifier.text.withoutBackticks
        checkAccessors(binding.accessorBlock, name: name)
        checkAttributeType(type)
        return found(
            Requirement(
                kind: .attribute, name: pattern.identifier.text, wireName: markers.name ?? name,
                parameters: [],
                result: .value(type: type.trimmedDescription, form: ReferenceForm.text(of: type))),
            name: pattern.identifier, markers: markers, declaration: property)
    }

    mutating func refuse(_ refusal: Refusal, at node: some SyntaxProtocol, fixIts: [FixIt] = []) {
        findings.append(Diagnostic(refusal, at: node, fixIts: fixIts))
    }

    private mutating func found(
        _ requirement: Requirement, name: TokenSyntax, markers: Markers, declaration: some DeclSyntaxProtocol
    ) -> FoundRequirement? {
        let node = markers.nameNode ?? Syntax(name)
        if markers.nameNode == nil, let refusal = WireName.refusal(of: requirement.wireName) {
            refuse(refusal, at: node)
        }
        if requirement.name == StubWriter.proxyName {
            refuse(.takenName, at: name)
        }
        guard let first = declaration.firstToken(viewMode: .sourceAccurate) else { return nil }
        return FoundRequirement(
            requirement: requirement, nameNode: node, isRenamed: markers.nameNode != nil, firstToken: first)
    }

    private mutating func readMarkers(_ attributes: AttributeListSyntax) -> Markers {
        var reader = MarkerReader()
        let markers = reader.read(attributes)
        findings += reader.findings
        return markers
    }

    private mutating func checkModifiers(_ modifiers: DeclModifierListSyntax) {
        for modifier in modifiers {
            switch modifier.name.tokenKind {
            case .keyword(.static), .keyword(.class):
                refuse(.staticRequirement, at: modifier)
            case .keyword(.mutating):
                refuse(.mutating, at: modifier)
            default:
                break
            }
        }
    }
}

// MARK: effects

extension RequirementReader {
    private mutating func checkEffects(of signature: FunctionSignatureSyntax, name: String) {
        let effects = signature.effectSpecifiers
        let isAsync = effects?.asyncSpecifier?.tokenKind == .keyword(.async)
        let isThrowing = effects?.throwsClause?.throwsSpecifier.tokenKind == .keyword(.throws)
        if !isAsync || !isThrowing {
            refuse(
                .missingEffects(name), at: signature.parent ?? Syntax(signature),
                fixIts: [signature.addEffects])
        }
        checkThrownType(effects?.throwsClause, name: name)
    }

    private mutating func checkThrownType(_ clause: ThrowsClauseSyntax?, name: String) {
        guard let clause, let type = clause.type else { return }
        let anyError = ["any Error", "any Swift.Error", "Error", "Swift.Error"]
        guard !anyError.contains(type.trimmedDescription) else { return }
        let plain = ThrowsClauseSyntax(throwsSpecifier: .keyword(.throws))
            .with(\.trailingTrivia, clause.trailingTrivia)
        refuse(
            .typedThrows(name), at: clause,
            fixIts: [FixIt("use plain 'throws'", replacing: clause, with: plain)])
    }

    private mutating func checkAccessors(_ block: AccessorBlockSyntax?, name: String) {
        guard let block, case .accessors(let accessors) = block.accessors else { return }
        if let setter = accessors.first(where: { $0.accessorSpecifier.tokenKind == .keyword(.set) }) {
            let readOnly: AccessorBlockSyntax = "{ get async throws }"
            let new = readOnly.with(\.trailingTrivia, block.trailingTrivia)
            refuse(
                .setter(name), at: setter,
                fixIts: [FixIt("make it read-only", replacing: block, with: new)])
            return
        }
        for getter in accessors {
            let effects = getter.effectSpecifiers
            if effects?.asyncSpecifier == nil || effects?.throwsClause == nil {
                refuse(.missingEffects(name), at: getter, fixIts: [getter.addEffects])
            }
            checkThrownType(effects?.throwsClause, name: name)
        }
    }
}

extension FunctionSignatureSyntax {
    fileprivate var addEffects: FixIt {
        let specifiers = FunctionEffectSpecifiersSyntax(
            asyncSpecifier: .keyword(.async, trailingTrivia: .space),
            throwsClause: ThrowsClauseSyntax(throwsSpecifier: .keyword(.throws)))
        let space: Trivia = returnClause == nil ? [] : .space
        var new = self
        new.effectSpecifiers = specifiers.with(\.trailingTrivia, space)
        new.parameterClause.rightParen.trailingTrivia = .space
        return FixIt("add 'async throws'", replacing: self, with: new)
    }
}

extension AccessorDeclSyntax {
    fileprivate var addEffects: FixIt {
        let new: AccessorDeclSyntax = "get async throws"
        return FixIt(
            "add 'async throws'", replacing: self, with: new.with(\.trailingTrivia, trailingTrivia))
    }
}
