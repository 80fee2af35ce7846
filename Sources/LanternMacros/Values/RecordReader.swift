import SwiftDiagnostics
import SwiftSyntax

/// Reads a struct as a map of named fields, as `Codable` would see it, and finds what cannot be one.
struct RecordReader {
    private(set) var findings: [Diagnostic] = []

    /// - Returns: `nil` when anything was refused; ``findings`` says what.
    mutating func read(
        _ declaration: some DeclGroupSyntax, markedBy attribute: AttributeSyntax, inside context: [Syntax]
    ) -> ValueShape? {
        if let type = declaration.as(EnumDeclSyntax.self) { return read(type, markedBy: attribute) }
        guard let type = declaration.as(StructDeclSyntax.self) else {
            refuse(.notARecord, at: attribute)
            return nil
        }
        let name = type.name.text.withoutBackticks
        if let generics = type.genericParameterClause { refuse(.genericRecord(name), at: generics) }
        if context.contains(where: \.isGenericType) { refuse(.genericRecord(name), at: type.name) }
        let properties = type.memberBlock.members.flatMap { read(member: $0.decl) }
        let keys = readKeys(in: type)
        let fields = joined(properties, keys)
        guard findings.isEmpty else { return nil }
        return .record(Record(name: name, memberAccess: type.modifiers.memberAccess, fields: fields))
    }

    private mutating func read(_ type: EnumDeclSyntax, markedBy attribute: AttributeSyntax) -> ValueShape? {
        let cases = type.memberBlock.members.compactMap { $0.decl.as(EnumCaseDeclSyntax.self) }
        let hasValues = cases.contains { $0.elements.contains { $0.parameterClause != nil } }
        guard !hasValues, type.inheritanceClause != nil, type.genericParameterClause == nil else {
            refuse(.enumWithoutRawValue(type.name.text.withoutBackticks), at: attribute)
            return nil
        }
        return .rawValue
    }

    mutating func refuse(_ refusal: Refusal, at node: some SyntaxProtocol) {
        findings.append(Diagnostic(refusal, at: node))
    }
}

// MARK: properties

extension RecordReader {
    /// One stored property.
    struct Property {
        let name: TokenSyntax
        let type: TypeSyntax
        let isConstant: Bool
        /// Has a value without being given one.
        let hasDefault: Bool
    }

    private mutating func read(member: DeclSyntax) -> [Property] {
        if let condition = member.as(IfConfigDeclSyntax.self) {
            refuse(.conditionalField, at: condition)
            return []
        }
        guard let declaration = member.as(VariableDeclSyntax.self), !declaration.isTypeMember else {
            return []
        }
        let stored = declaration.bindings.filter(\.isStored)
        if stored.isEmpty { return [] }
        if let modifier = declaration.modifiers.first(where: { $0.name.tokenKind == .keyword(.lazy) }) {
            refuse(.lazyField, at: modifier)
        }
        if let attribute = declaration.attributes.first(where: { !$0.isAvailability }) {
            refuse(.wrappedField, at: attribute)
        }
        let isLet = declaration.bindingSpecifier.tokenKind == .keyword(.let)
        // In `var a, b: Int` the type stands with the last of them.
        var type: TypeSyntax?
        var properties: [Property] = []
        for binding in stored.reversed() {
            type = binding.typeAnnotation?.type ?? (binding.initializer == nil ? type : nil)
            if let property = read(binding, type: type, isLet: isLet) { properties.insert(property, at: 0) }
        }
        return properties
    }

    private mutating func read(_ binding: PatternBindingSyntax, type: TypeSyntax?, isLet: Bool) -> Property? {
        guard let pattern = binding.pattern.as(IdentifierPatternSyntax.self), let type else {
            refuse(.untypedField, at: binding.pattern)
            return nil
        }
        if let found = TypeCheck.firstRefusal(in: type) {
            findings.append(Diagnostic(found.refusal, at: found.node, fixIts: found.fixIts))
            return nil
        }
        if let form = ReferenceForm.text(of: type), !form.contains(".uri") {
            let text = type.trimmedDescription
            refuse(form.contains(".object(") ? .existential(text) : .proxyField, at: type)
            return nil
        }
        let hasValue = binding.initializer != nil
        return Property(
            name: pattern.identifier, type: type, isConstant: isLet && hasValue,
            hasDefault: hasValue || (!isLet && type.is(OptionalTypeSyntax.self)))
    }
}

// MARK: keys

extension RecordReader {
    /// What an own `CodingKeys` says: the key of each property; `nil` without one.
    private mutating func readKeys(in type: StructDeclSyntax) -> [(name: TokenSyntax, key: String)]? {
        for member in type.memberBlock.members {
            if let other = member.decl.as(TypeAliasDeclSyntax.self), other.name.text == "CodingKeys" {
                refuse(.unreadableKeys, at: other)
            }
            guard let keys = member.decl.as(EnumDeclSyntax.self), keys.name.text == "CodingKeys" else {
                continue
            }
            return keys.memberBlock.members.flatMap { read(keyMember: $0.decl) }
        }
        return nil
    }

    private mutating func read(keyMember member: DeclSyntax) -> [(name: TokenSyntax, key: String)] {
        guard let declaration = member.as(EnumCaseDeclSyntax.self) else { return [] }
        return declaration.elements.map { element in
            guard let value = element.rawValue?.value else {
                return (element.name, element.name.text.withoutBackticks)
            }
            guard let literal = value.as(StringLiteralExprSyntax.self), literal.segments.count == 1,
                case .stringSegment(let segment) = literal.segments.first, literal.openingPounds == nil,
                literal.openingQuote.tokenKind == .stringQuote
            else {
                refuse(.unreadableKeys, at: value)
                return (element.name, element.name.text.withoutBackticks)
            }
            return (element.name, segment.content.text)
        }
    }

    private mutating func joined(
        _ properties: [Property], _ keys: [(name: TokenSyntax, key: String)]?
    ) -> [Record.Field] {
        guard let keys else {
            return properties.map { $0.field(key: $0.name.text.withoutBackticks) }
        }
        let names = Set(properties.map { $0.name.text.withoutBackticks })
        for (name, _) in keys where !names.contains(name.text.withoutBackticks) {
            refuse(.keyWithoutField(name.text.withoutBackticks), at: name)
        }
        return properties.compactMap { property in
            let plain = property.name.text.withoutBackticks
            if let key = keys.first(where: { $0.name.text.withoutBackticks == plain }) {
                return property.field(key: key.key)
            }
            if !property.hasDefault { refuse(.fieldWithoutKey(plain), at: property.name) }
            return nil
        }
    }
}

extension RecordReader.Property {
    fileprivate func field(key: String) -> Record.Field {
        Record.Field(name: name.text, key: key, type: type.trimmedDescription, isConstant: isConstant)
    }
}

extension Syntax {
    fileprivate var isGenericType: Bool {
        self.as(StructDeclSyntax.self)?.genericParameterClause != nil
            || self.as(ClassDeclSyntax.self)?.genericParameterClause != nil
            || self.as(EnumDeclSyntax.self)?.genericParameterClause != nil
            || self.as(ActorDeclSyntax.self)?.genericParameterClause != nil
    }
}

extension VariableDeclSyntax {
    fileprivate var isTypeMember: Bool {
        modifiers.contains { $0.name.tokenKind == .keyword(.static) || $0.name.tokenKind == .keyword(.class) }
    }
}

extension PatternBindingSyntax {
    /// Computed properties have a getter; observers do not make one computed.
    fileprivate var isStored: Bool {
        guard let block = accessorBlock else { return true }
        guard case .accessors(let accessors) = block.accessors else { return false }
        return accessors.allSatisfy {
            [.keyword(.willSet), .keyword(.didSet)].contains($0.accessorSpecifier.tokenKind)
        }
    }
}

extension AttributeListSyntax.Element {
    fileprivate var isAvailability: Bool {
        guard case .attribute(let attribute) = self else { return false }
        return attribute.attributeName.trimmedDescription == "available"
    }
}

extension DeclModifierListSyntax {
    /// The access of members that have to be seen wherever the type is; those of a private type by its file.
    fileprivate var memberAccess: String {
        for modifier in self {
            switch modifier.name.tokenKind {
            case .keyword(.public): return "public "
            case .keyword(.package): return "package "
            default: continue
            }
        }
        return ""
    }
}
