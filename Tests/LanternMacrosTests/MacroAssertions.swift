import SwiftDiagnostics
import SwiftParser
import SwiftSyntax
import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacros
import SwiftSyntaxMacrosGenericTestSupport
import Testing

@testable import LanternMacros

private let macros: [String: MacroSpec] = [
    "Remote": MacroSpec(type: RemoteMacro.self),
    "Oneway": MacroSpec(type: OnewayMacro.self),
    "Name": MacroSpec(type: NameMacro.self),
    "RemoteValue": MacroSpec(
        type: RemoteValueMacro.self,
        conformances: [TypeSyntax(IdentifierTypeSyntax(name: .identifier("RemoteCodable")))]),
    "remoteContract": MacroSpec(type: ContractLookupMacro.self),
]

/// Checks what a source becomes, what is reported, and what the fix-its make of it; reports to Swift Testing.
func expectExpansion(
    of source: String, is expanded: String, reporting diagnostics: [DiagnosticSpec] = [],
    fixIts: [String]? = nil, fixed: String? = nil, at location: Testing.SourceLocation = #_sourceLocation
) {
    assertMacroExpansion(
        source, expandedSource: expanded, diagnostics: diagnostics, macroSpecs: macros,
        applyFixIts: fixIts, fixedSource: fixed,
        failureHandler: { failure in
            Issue.record("\(failure.message)", sourceLocation: location)
        })
}

/// What `@Remote` writes for requirements that must not be refused.
func expansion(of requirements: String, at location: Testing.SourceLocation = #_sourceLocation) throws
    -> String
{
    let file = Parser.parse(source: "@Remote protocol P: Sendable {\n\(requirements)\n}")
    let context = BasicMacroExpansionContext(sourceFiles: [
        file: .init(moduleName: "M", fullFilePath: "M.swift")
    ])
    let expanded = file.expand(macroSpecs: macros) { node in
        BasicMacroExpansionContext(sharingWith: context, lexicalContext: node.allMacroLexicalContexts())
    }
    let reported = context.diagnostics.map(\.message)
    try #require(reported.isEmpty, sourceLocation: location)
    return expanded.description
}

/// A contract that is refused: what stands there, what is reported where, and what a fix-it writes.
struct RefusedContract: CustomTestStringConvertible, Sendable {
    let refusal: Refusal
    let source: String
    /// The text the diagnostic points at: its first place in the source.
    let anchor: String
    let fixIt: String?
    let fixed: String?

    /// One requirement in a contract that is right in all else.
    init(
        _ refusal: Refusal, _ requirement: String, at anchor: String, fixIt: String? = nil,
        fixed: String? = nil
    ) {
        self.init(
            refusal, contract: "protocol P: Sendable {\n    \(requirement)\n}", at: anchor, fixIt: fixIt,
            fixed: fixed.map { "protocol P: Sendable {\n    \($0)\n}" })
    }

    init(
        _ refusal: Refusal, contract: String, at anchor: String, fixIt: String? = nil, fixed: String? = nil
    ) {
        self.refusal = refusal
        self.source = "@Remote\n" + contract
        self.anchor = anchor
        self.fixIt = fixIt
        self.fixed = fixed.map { "@Remote\n" + $0 }
    }

    var testDescription: String { "\(refusal.identifier): \(anchor)" }

    /// A type that cannot be a `@RemoteValue`.
    init(_ refusal: Refusal, value: String, at anchor: String) {
        self.refusal = refusal
        self.source = "@RemoteValue\n" + value
        self.anchor = anchor
        self.fixIt = nil
        self.fixed = nil
    }

    func check(at location: Testing.SourceLocation = #_sourceLocation) throws {
        let place = try #require(source.firstRange(of: anchor), sourceLocation: location).lowerBound
        let before = source[..<place].split(separator: "\n", omittingEmptySubsequences: false)
        let diagnostic = DiagnosticSpec(
            id: refusal.diagnosticID, message: refusal.message,
            line: before.count, column: (before.last?.utf8.count ?? 0) + 1,
            fixIts: fixIt.map { [FixItSpec(message: $0)] } ?? [])
        expectExpansion(
            of: source, is: source.withoutMacros, reporting: [diagnostic],
            fixIts: fixIt.map { [$0] }, fixed: fixed, at: location)
    }
}

extension String {
    /// The source as the compiler leaves it when the macros write nothing.
    fileprivate var withoutMacros: String {
        self.replacing(#/@(RemoteValue|Remote|Oneway)\s+/#, with: "").replacing(#/@Name\(.*?\)\s+/#, with: "")
    }
}
