import SwiftDiagnostics
import SwiftSyntax

/// A requirement together with where it stands, for what is checked once all of them are known.
struct FoundRequirement {
    let requirement: Requirement
    /// Where the wire name comes from: the Swift name or the `@Name`.
    let nameNode: Syntax
    let isRenamed: Bool
    /// The first token of the declaration; a fix-it puts `@Name` in front of it.
    let firstToken: TokenSyntax

    /// Suggests a name made of the base name and the labels: `store(item:)` becomes `storeItem`.
    var addName: FixIt {
        let labels = requirement.parameters.map(\.wireName).map { $0.prefix(1).uppercased() + $0.dropFirst() }
        let suffix = labels.isEmpty ? "Again" : labels.joined()
        let marker = "@Name(\"\(requirement.wireName)\(suffix)\")"
        return FixIt("add \(marker)", rewriting: firstToken, as: "\(marker) \(firstToken.text)")
    }
}
