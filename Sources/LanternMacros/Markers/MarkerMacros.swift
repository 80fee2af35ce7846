import SwiftDiagnostics
package import SwiftSyntax
package import SwiftSyntaxMacros

/// `@Oneway`: writes nothing; ``RemoteMacro`` reads it.
package struct OnewayMacro: PeerMacro {
    package static func expansion(
        of node: AttributeSyntax,
        providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        refuseOutsideContract("Oneway", node, in: context)
        return []
    }
}

/// `@Name`: writes nothing; ``RemoteMacro`` reads it.
package struct NameMacro: PeerMacro {
    package static func expansion(
        of node: AttributeSyntax,
        providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        refuseOutsideContract("Name", node, in: context)
        return []
    }
}

/// `@Setter`: writes nothing; ``RemoteMacro`` reads it.
package struct SetterMacro: PeerMacro {
    package static func expansion(
        of node: AttributeSyntax,
        providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        refuseOutsideContract("Setter", node, in: context)
        return []
    }
}

/// A marker that nobody reads would be a promise that nobody keeps.
private func refuseOutsideContract(
    _ marker: String, _ node: AttributeSyntax, in context: some MacroExpansionContext
) {
    let enclosing = context.lexicalContext.first?.as(ProtocolDeclSyntax.self)
    let isContract = enclosing?.attributes.contains { element in
        guard case .attribute(let attribute) = element else { return false }
        return ["Remote", "Lantern.Remote"].contains(attribute.attributeName.trimmedDescription)
    }
    if isContract != true {
        context.diagnose(Diagnostic(.strayMarker(marker), at: node))
    }
}
