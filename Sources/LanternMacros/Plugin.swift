import SwiftCompilerPlugin
import SwiftSyntaxMacros

@main
struct LanternMacrosPlugin: CompilerPlugin {
    let providingMacros: [any Macro.Type] = []
}
