import SwiftSyntax
import SwiftSyntaxBuilder

/// Writes the stub of a contract: a struct that conforms to the protocol and calls through a proxy.
struct StubWriter {
    /// The stub's own stored property, which no requirement can be called.
    static let proxyName = "proxy"

    let contract: Contract

    func declaration() -> DeclSyntax {
        let members = contract.requirements.map { "\n" + member($0).indented() + "\n" }.joined()
        return """
            /// Calls a remote ``\(raw: contract.name)``.
            \(raw: contract.access)nonisolated struct \(raw: contract.stubName): \(raw: contract.name), Lantern.RemoteStub {
                \(raw: contract.memberAccess)nonisolated let proxy: Lantern.RemoteProxy

                \(raw: contract.memberAccess)nonisolated init(proxy: Lantern.RemoteProxy) {
                    self.proxy = proxy
                }
            \(raw: members)
            \(raw: TableWriter(contract: contract).declaration().indented())
            }
            """
    }

    private func member(_ requirement: Requirement) -> String {
        switch (requirement.kind, requirement.result) {
        case (.attribute, .value(let type, let form)):
            property(requirement, call: "attribute", type: type, form: form)
        case (.attribute, .stream(let type)):
            property(requirement, call: "attributeStream", type: type)
        case (.attribute, .nothing):
            property(requirement, call: "attribute", type: "Void")
        case (.setter, _):
            setter(requirement)
        case (.method(let oneway), .nothing):
            method(requirement, call: oneway ? "callOneway" : "callVoid", type: nil)
        case (.method, .value(let type, let form)):
            method(requirement, call: "call", type: type, form: form)
        case (.method, .stream(let type)):
            method(requirement, call: "callStream", type: type)
        }
    }

    private func property(
        _ requirement: Requirement, call: String, type: String, form: String? = nil
    ) -> String {
        let form = form.map { ", form: \($0)" } ?? ""
        return """
            \(contract.memberAccess)nonisolated var \(requirement.name): \(type) {
                get async throws {
                    try await self.proxy.\(call)("\(requirement.wireName)"\(form))
                }
            }
            """
    }

    private func method(
        _ requirement: Requirement, call: String, type: String?, form: String? = nil
    ) -> String {
        let count = requirement.parameters.count
        let form = form.map { ", result: \($0)" } ?? ""
        let arguments =
            requirement.takesBlob
            ? "(\"\(requirement.wireName)\", blob: \(requirement.parameters.first?.localName ?? "")\(form))"
            : "(\"\(requirement.wireName)\", arguments: \(count)\(form)) "
                + writing(requirement.parameters).indented(butNotFirst: true)
        return function(requirement, type: type, body: "try await self.proxy.\(call)\(arguments)")
    }

    private func setter(_ requirement: Requirement) -> String {
        let writing = writing(requirement.parameters).indented(butNotFirst: true)
        return function(
            requirement, type: nil,
            body: "try await self.proxy.setAttribute(\"\(requirement.wireName)\") \(writing)")
    }

    private func function(_ requirement: Requirement, type: String?, body: String) -> String {
        let parameters = requirement.parameters.map(\.declaration).joined(separator: ", ")
        let result = type.map { " -> \($0)" } ?? ""
        return """
            \(contract.memberAccess)nonisolated func \(requirement.name)(\(parameters)) async throws\(result) {
                \(body)
            }
            """
    }

    private func writing(_ parameters: [Parameter]) -> String {
        guard !parameters.isEmpty else { return "{ _ in }" }
        let lines = parameters.map { "    try arguments.next(\($0.localName)\($0.formArgument))\n" }.joined()
        return "{ arguments in\n\(lines)}"
    }
}

extension Parameter {
    /// The last argument of the functions that write and read one that holds remote objects.
    var formArgument: String { form.map { ", form: \($0)" } ?? "" }

    fileprivate var declaration: String {
        let label = label ?? "_"
        return label == localName ? "\(label): \(type)" : "\(label) \(localName): \(type)"
    }
}

extension String {
    /// The text with each line that is not empty moved right by one level.
    func indented(butNotFirst: Bool = false) -> String {
        var isFirst = butNotFirst
        return split(separator: "\n", omittingEmptySubsequences: false).map { line in
            defer { isFirst = false }
            return line.isEmpty || isFirst ? String(line) : "    " + line
        }.joined(separator: "\n")
    }
}
