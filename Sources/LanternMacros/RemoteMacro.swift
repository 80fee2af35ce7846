package import SwiftSyntax
import SwiftSyntaxBuilder
package import SwiftSyntaxMacros

/// `@Remote`: reads a protocol as a contract and writes the stub and the dispatch table beside it.
///
/// When anything in the protocol cannot travel, everything that is wrong is reported and nothing is written.
package struct RemoteMacro: PeerMacro {
    package static func expansion(
        of node: AttributeSyntax,
        providingPeersOf declaration: some DeclSyntaxProtocol,
        in context: some MacroExpansionContext
    ) throws -> [DeclSyntax] {
        var reader = ContractReader()
        let contract = reader.read(declaration, markedBy: node, inside: context.lexicalContext)
        for finding in reader.findings {
            context.diagnose(finding)
        }
        guard let contract else { return [] }
        return [StubWriter(contract: contract).declaration(), contract.lookupFunction()]
    }
}

extension Contract {
    /// The overload of `_remoteContract()` that `#remoteContract()` resolves to for this protocol.
    fileprivate func lookupFunction() -> DeclSyntax {
        """
        /// The contract of ``\(raw: name)``, for `#remoteContract()`.
        \(raw: access)nonisolated func _remoteContract() -> Lantern.RemoteContract<any \(raw: name)> {
            \(raw: stubName).contract
        }
        """
    }
}
