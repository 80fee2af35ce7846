/// Writes the dispatch table of a contract: for each wire name, decode, call, encode.
struct TableWriter {
    let contract: Contract

    func declaration() -> String {
        let entries = contract.requirements.map { entry($0).indented().indented() + ",\n" }.joined()
        let methods = entries.isEmpty ? "[]" : "[\n\(entries)    ]"
        return """
            \(contract.memberAccess)nonisolated static let contract = Lantern.RemoteContract<any \(contract.name)>(
                name: "\(contract.plainName)",
                methods: \(methods),
                makeStub: { proxy in
                    \(contract.stubName)(proxy: proxy)
                }
            )
            """
    }

    private func entry(_ requirement: Requirement) -> String {
        let reply = requirement.result.isNothing ? "_" : "reply"
        let body = (reading(requirement) + calling(requirement)).map { "    \($0)\n" }.joined()
        switch requirement.kind {
        case .attribute:
            return ".attribute(\"\(requirement.wireName)\") { target, _, \(reply) in\n\(body)}"
        case .setter:
            return ".setter(\"\(requirement.wireName)\") { target, arguments, _ in\n\(body)}"
        case .method(let oneway):
            let marker = (oneway ? ", oneway: true" : "") + (requirement.takesBlob ? ", takesBlob: true" : "")
            return ".method(\"\(requirement.wireName)\"\(marker)) { target, arguments, \(reply) in\n\(body)}"
        }
    }

    private func reading(_ requirement: Requirement) -> [String] {
        if case .attribute = requirement.kind { return [] }
        let call = requirement.takesBlob ? "blob" : "next"
        let reads = requirement.parameters.map { parameter in
            "let \(parameter.localName): \(parameter.type) = "
                + "try arguments.\(call)(\"\(parameter.wireName)\"\(parameter.formArgument))"
        }
        return reads + ["try arguments.finish()"]
    }

    private func calling(_ requirement: Requirement) -> [String] {
        let use = "try await target.\(requirement.name)\(callArguments(requirement))"
        switch requirement.result {
        case .nothing:
            return [use]
        case .value(let type, let form):
            let form = form.map { ", form: \($0)" } ?? ""
            return ["let result: \(type) = \(use)", "try reply.write(result\(form))"]
        case .stream(let type):
            return ["let result: \(type) = \(use)", "try reply.write(result)"]
        }
    }

    private func callArguments(_ requirement: Requirement) -> String {
        if case .attribute = requirement.kind { return "" }
        let arguments = requirement.parameters.map { parameter in
            parameter.label.map { "\($0.asArgumentLabel): \(parameter.localName)" } ?? parameter.localName
        }
        return "(\(arguments.joined(separator: ", ")))"
    }
}

extension String {
    /// A label as a call writes it: the compiler warns of backticks, but for the three keywords that need them.
    fileprivate var asArgumentLabel: String {
        ["`inout`", "`var`", "`let`"].contains(self) ? self : withoutBackticks
    }
}
