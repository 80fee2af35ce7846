package import SwiftSyntax
import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// `#remoteContract()`: a call of the overload that `@Remote` wrote, resolved where the contract is wanted.
package struct ContractLookupMacro: ExpressionMacro {
    package static func expansion(
        of node: some FreestandingMacroExpansionSyntax,
        in context: some MacroExpansionContext
    ) throws -> ExprSyntax {
        "_remoteContract()"
    }
}
