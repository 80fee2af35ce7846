import SwiftCompilerPlugin
import SwiftSyntaxMacros

@main
struct LanternMacrosPlugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = [
        RemoteMacro.self, OnewayMacro.self, NameMacro.self, ContractLookupMacro.self, RemoteValueMacro.self,
    ]
}
