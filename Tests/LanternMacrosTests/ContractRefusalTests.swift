import SwiftSyntaxMacrosGenericTestSupport
import Testing

@testable import LanternMacros

/// What is refused of a protocol as a whole, and of the names in it.
struct ContractRefusalTests {
    @Test("a contract that cannot be remote is refused with what to do", arguments: contracts)
    func contract(_ row: RefusedContract) throws {
        try row.check()
    }

    @Test("a requirement that is no method or property is refused", arguments: members)
    func member(_ row: RefusedContract) throws {
        try row.check()
    }

    @Test("a name that peers cannot call is refused", arguments: names)
    func name(_ row: RefusedContract) throws {
        try row.check()
    }

    @Test("a marker outside a contract is refused", arguments: ["Oneway", "Name"])
    func strayMarker(_ marker: String) {
        let written = marker == "Name" ? "@Name(\"x\")" : "@Oneway"
        expectExpansion(
            of: "protocol P {\n    \(written) func f() async throws\n}",
            is: "protocol P {\n    func f() async throws\n}",
            reporting: [
                .init(
                    id: Refusal.strayMarker(marker).diagnosticID,
                    message: Refusal.strayMarker(marker).message, line: 2, column: 5)
            ])
    }

    @Test("a protocol inside a type is refused, for calls would not find its contract")
    func nested() {
        expectExpansion(
            of: "enum Outer {\n    @Remote protocol P: Sendable {\n    }\n}",
            is: "enum Outer {\n    protocol P: Sendable {\n    }\n}",
            reporting: [
                .init(
                    id: Refusal.nested("P").diagnosticID, message: Refusal.nested("P").message,
                    line: 2, column: 22)
            ])
    }

    @Test("everything wrong is reported at once")
    func severalAtOnce() {
        expectExpansion(
            of: "@Remote\nprotocol P {\n    func f()\n}",
            is: "protocol P {\n    func f()\n}",
            reporting: [
                .init(
                    id: Refusal.missingSendable("P").diagnosticID,
                    message: Refusal.missingSendable("P").message, line: 2, column: 10,
                    fixIts: [.init(message: "add ': Sendable'")]),
                .init(
                    id: Refusal.missingEffects("f").diagnosticID,
                    message: Refusal.missingEffects("f").message, line: 3, column: 5,
                    fixIts: [.init(message: "add 'async throws'")]),
            ],
            fixIts: ["add ': Sendable'", "add 'async throws'"],
            fixed: "@Remote\nprotocol P: Sendable {\n    func f() async throws\n}")
    }

    static let contracts: [RefusedContract] = [
        .init(.notAProtocol, contract: "final class C {\n}", at: "@Remote"),
        .init(.notAProtocol, contract: "struct S {\n}", at: "@Remote"),
        .init(
            .missingSendable("P"), contract: "protocol P {\n}", at: "P {",
            fixIt: "add ': Sendable'", fixed: "protocol P: Sendable {\n}"),
        .init(
            .actorBound, contract: "protocol P: Actor {\n}", at: "Actor",
            fixIt: "inherit Sendable", fixed: "protocol P: Sendable {\n}"),
        .init(.inherits("Base"), contract: "protocol P: Base, Sendable {\n}", at: "Base"),
        .init(.inherits("AnyObject"), contract: "protocol P: Sendable, AnyObject {\n}", at: "AnyObject"),
        .init(.genericProtocol, contract: "protocol P<Item>: Sendable {\n}", at: "<Item>"),
        .init(.genericProtocol, contract: "protocol P: Sendable where Self: Sendable {\n}", at: "where"),
    ]

    static let members: [RefusedContract] = [
        .init(.associatedType("Item"), "associatedtype Item", at: "associatedtype"),
        .init(.initializer, "init(name: String) async throws", at: "init"),
        .init(.subscripting, "subscript(index: Int) -> Int { get async throws }", at: "subscript"),
        .init(.conditional, "#if DEBUG\n    func f() async throws\n    #endif", at: "#if"),
        .init(.staticRequirement, "static func f() async throws", at: "static"),
        .init(.staticRequirement, "static var v: Int { get async throws }", at: "static"),
        .init(.mutating, "mutating func f() async throws", at: "mutating"),
    ]

    static let names: [RefusedContract] = [
        .init(
            .overload("f"), "func f(a: Int) async throws\n    func f(b: Int) async throws", at: "f(b",
            fixIt: "add @Name(\"fB\")",
            fixed: "func f(a: Int) async throws\n    @Name(\"fB\") func f(b: Int) async throws"),
        .init(
            .duplicateName("g"), "func g() async throws\n    @Name(\"g\") func f() async throws",
            at: "@Name"),
        .init(
            .duplicateName("g"), "@Name(\"g\") func f() async throws\n    var g: Int { get async throws }",
            at: "g: Int"),
        .init(.takenName, "var proxy: Int { get async throws }", at: "proxy"),
        .init(.takenName, "@Name(\"p\") func proxy() async throws", at: "proxy"),
        .init(.emptyName, "@Name(\"\") func f() async throws", at: "\"\""),
        .init(.privateName("_f"), "@Name(\"_f\") func f() async throws", at: "\"_f\""),
        .init(.privateName("_f"), "func _f() async throws", at: "_f"),
        .init(.privateName("_v"), "var _v: Int { get async throws }", at: "_v"),
        .init(.reservedName("__init__"), "@Name(\"__init__\") func f() async throws", at: "\"__init__\""),
        .init(.reservedName("__repr__"), "func __repr__() async throws", at: "__repr__"),
        .init(.badName("__a b__"), "@Name(\"__a b__\") func f() async throws", at: "\"__a b__\""),
        .init(.badName("a b"), "@Name(\"a b\") func f() async throws", at: "\"a b\""),
        .init(.badName("1st"), "@Name(\"1st\") func f() async throws", at: "\"1st\""),
        .init(.badName("<batch>"), "@Name(\"<batch>\") func f() async throws", at: "\"<batch>\""),
        .init(.nameNotLiteral("Name"), "@Name(\"a\\(b)\") func f() async throws", at: "@Name"),
        .init(.nameNotLiteral("Name"), "@Name(constant) func f() async throws", at: "@Name"),
        .init(.repeatedMarker("Oneway"), "@Oneway @Oneway func f() async throws", at: "@Oneway func"),
        .init(.repeatedMarker("Name"), "@Name(\"a\") @Name(\"b\") func f() async throws", at: "@Name(\"b"),
    ]
}
