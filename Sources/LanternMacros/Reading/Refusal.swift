package import SwiftDiagnostics
import SwiftSyntax

/// Why something in a contract cannot travel, and what to write instead.
///
/// The identifier is stable: tests and tools tell refusals apart by it, people read the message.
package struct Refusal: DiagnosticMessage, Hashable {
    let identifier: String
    package let message: String

    package var severity: DiagnosticSeverity { .error }
    package var diagnosticID: MessageID { MessageID(domain: "LanternMacros", id: identifier) }

    init(_ identifier: String, _ message: String) {
        self.identifier = identifier
        self.message = message
    }
}

/// What a fix-it does, in words.
struct Remedy: FixItMessage {
    let message: String
    let fixItID: MessageID
}

extension Diagnostic {
    init(_ refusal: Refusal, at node: some SyntaxProtocol, fixIts: [FixIt] = []) {
        self.init(node: node, message: refusal, fixIts: fixIts)
    }
}

extension FixIt {
    /// A fix-it that replaces one node; the text around it stays.
    init(_ message: String, replacing old: some SyntaxProtocol, with new: some SyntaxProtocol) {
        let remedy = Remedy(message: message, fixItID: MessageID(domain: "LanternMacros", id: message))
        self.init(message: remedy, changes: [.replace(oldNode: Syntax(old), newNode: Syntax(new))])
    }

    /// A fix-it that rewrites one token; what stands before and after it stays.
    init(_ message: String, rewriting token: TokenSyntax, as text: String) {
        let new = token.with(\.tokenKind, .identifier(text))
        self.init(message, replacing: token, with: new)
    }
}
