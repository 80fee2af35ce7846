package import SwiftSyntax
import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// `@RemoteValue`: writes the conformance by which a struct or a plain enum is read and written without a tree.
///
/// What is wrong is reported all at once, and nothing is written then.
package struct RemoteValueMacro: ExtensionMacro {
    package static func expansion(
        of node: AttributeSyntax,
        attachedTo declaration: some DeclGroupSyntax,
        providingExtensionsOf type: some TypeSyntaxProtocol,
        conformingTo protocols: [TypeSyntax],
        in context: some MacroExpansionContext
    ) throws -> [ExtensionDeclSyntax] {
        var reader = RecordReader()
        let shape = reader.read(declaration, markedBy: node, inside: context.lexicalContext)
        for finding in reader.findings {
            context.diagnose(finding)
        }
        guard let shape else { return [] }
        // Empty when the type says that it conforms; what is missing for that is written all the same.
        let conformance = protocols.isEmpty ? "" : ": Lantern.RemoteCodable"
        let members: String
        switch shape {
        case .rawValue:
            if protocols.isEmpty { return [] }
            members = ""
        case .record(let record):
            members = "\n" + RecordWriter(record: record).members().indented() + "\n"
        }
        let written: DeclSyntax =
            "extension \(raw: type.trimmedDescription)\(raw: conformance) {\(raw: members)}"
        return written.as(ExtensionDeclSyntax.self).map { [$0] } ?? []
    }
}
