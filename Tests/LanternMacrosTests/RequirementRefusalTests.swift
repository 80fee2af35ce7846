import Testing

@testable import LanternMacros

/// What is refused of one method or property: effects, parameters, results.
struct RequirementRefusalTests {
    @Test("effects that do not allow for a network are refused", arguments: effects)
    func effect(_ row: RefusedContract) throws {
        try row.check()
    }

    @Test("a parameter that cannot be passed on is refused", arguments: parameters)
    func parameter(_ row: RefusedContract) throws {
        try row.check()
    }

    @Test("a type that cannot travel is refused as an argument", arguments: types)
    func argumentType(_ type: RefusedType) throws {
        try RefusedContract(
            type.refusal, "func f(x: \(type.text)) async throws", at: type.anchor
        ).check()
    }

    @Test("a type that cannot travel is refused as a result", arguments: types)
    func resultType(_ type: RefusedType) throws {
        try RefusedContract(
            type.refusal, "func f() async throws -> [\(type.text)]", at: type.anchor
        ).check()
    }

    @Test("a type that cannot travel is refused as a property", arguments: types)
    func propertyType(_ type: RefusedType) throws {
        try RefusedContract(
            type.refusal, "var v: \(type.text) { get async throws }", at: type.anchor
        ).check()
    }

    @Test("a result or property that cannot be given back is refused", arguments: results)
    func result(_ row: RefusedContract) throws {
        try row.check()
    }

    static let effects: [RefusedContract] = [
        .init(
            .missingEffects("f"), "func f()", at: "func f",
            fixIt: "add 'async throws'", fixed: "func f() async throws"),
        .init(
            .missingEffects("f"), "func f(x: Int) async -> Int", at: "func f",
            fixIt: "add 'async throws'", fixed: "func f(x: Int) async throws -> Int"),
        .init(
            .missingEffects("f"), "func f() throws -> [Int]", at: "func f",
            fixIt: "add 'async throws'", fixed: "func f() async throws -> [Int]"),
        .init(
            .missingEffects("v"), "var v: Int { get }", at: "get",
            fixIt: "add 'async throws'", fixed: "var v: Int { get async throws }"),
        .init(
            .missingEffects("v"), "var v: Int { get async }", at: "get",
            fixIt: "add 'async throws'", fixed: "var v: Int { get async throws }"),
        .init(
            .typedThrows("f"), "func f() async throws(Full) -> Int", at: "throws(Full)",
            fixIt: "use plain 'throws'", fixed: "func f() async throws -> Int"),
        .init(
            .typedThrows("v"), "var v: Int { get async throws(Never) }", at: "throws(Never)",
            fixIt: "use plain 'throws'", fixed: "var v: Int { get async throws }"),
        .init(
            .setter("v"), "var v: Int { get set }", at: "set",
            fixIt: "make it read-only", fixed: "var v: Int { get async throws }"),
    ]

    @Test("C11 a setter that no peer could use is refused", arguments: setters)
    func setter(_ row: RefusedContract) throws {
        try row.check()
    }

    static let setters: [RefusedContract] = [
        .init(.setterAlone("v"), "@Setter(\"v\") func setV(_ v: Int) async throws", at: "@Setter"),
        .init(
            .setterAlone("v"), "func v() async throws\n    @Setter(\"v\") func setV(_ v: Int) async throws",
            at: "@Setter"),
        .init(
            .setterType("v", is: "Int"), property("@Setter(\"v\") func setV(_ v: String) async throws"),
            at: "@Setter"),
        .init(.setterShape("v"), property("@Setter(\"v\") func setV() async throws"), at: "setV"),
        .init(
            .setterShape("v"), property("@Setter(\"v\") func setV(_ v: Int, _ w: Int) async throws"),
            at: "setV"),
        .init(
            .setterShape("v"), property("@Setter(\"v\") func setV(_ v: Int) async throws -> Int"), at: "setV"),
        .init(
            .setterOneway, property("@Oneway @Setter(\"v\") func setV(_ v: Int) async throws"), at: "@Oneway"),
        .init(
            .setterName, property("@Name(\"w\") @Setter(\"v\") func setV(_ v: Int) async throws"), at: "@Name"
        ),
        .init(
            .nameNotLiteral("Setter"),
            "@Setter(name) func setV(_ v: Int) async throws\n    var setV: Int { get async throws }",
            at: "@Setter"),
        .init(.setterProperty, "@Setter(\"v\") var v: Int { get async throws }", at: "@Setter"),
        .init(
            .repeatedSetter("v"),
            property(
                "@Setter(\"v\") func a(_ v: Int) async throws\n    @Setter(\"v\") func b(_ v: Int) async throws"
            ),
            at: "@Setter(\"v\") func b"),
    ]

    private static func property(_ setter: String) -> String {
        "var v: Int { get async throws }\n    \(setter)"
    }

    static let parameters: [RefusedContract] = [
        .init(.specifier("inout"), "func f(x: inout Int) async throws", at: "inout"),
        .init(.specifier("consuming"), "func f(x: consuming Int) async throws", at: "consuming"),
        .init(.specifier("sending"), "func f(x: sending Int) async throws", at: "sending"),
        .init(.variadic, "func f(x: Int...) async throws", at: "x: Int"),
        .init(.unnamedParameter, "func f(_: Int) async throws", at: "_: Int"),
        .init(.duplicateParameter("x"), "func f(x: Int, x y: Int) async throws", at: "x y"),
        .init(.duplicateParameter("x"), "func f(_ x: Int, x y: Int) async throws", at: "x y"),
        .init(.genericMethod("f"), "func f<T: Codable>(x: T) async throws", at: "<T"),
        .init(.genericMethod("f"), "func f() async throws where Self: Sendable", at: "where"),
    ]

    static let types: [RefusedType] = [
        .init(.closure, "(Int) -> Void"),
        .init(.closure, "@Sendable (Int) async -> Int", at: "(Int)"),
        .init(.closure, "[(Int) -> Void]", at: "(Int)"),
        .init(.closure, "((Int) -> Void)?", at: "(Int)"),
        .init(.opaque, "some Codable"),
        .init(.existential("any Codable"), "any Codable"),
        .init(.existential("any Error"), "[any Error]", at: "any Error"),
        .init(.existential("any Swift.Hashable"), "any Swift.Hashable"),
        .init(.existential("any P<Int>"), "any P<Int>"),
        .init(.existential("any P & Sendable"), "any P & Sendable"),
        .init(.buriedObject("any Desk"), "Box<any Desk>", at: "any Desk"),
        .init(.buriedObject("[any Desk]"), "Optional<[any Desk]>", at: "[any Desk]"),
        .init(.buriedObject("any Desk"), "[any Desk: Int]", at: "any Desk"),
        .init(.existential("any Codable & Sendable"), "any Codable & Sendable"),
        .init(.existential("A & B"), "A & B"),
        .init(.existential("Any"), "[String: Any]", at: "Any"),
        .init(.existential("AnyObject"), "AnyObject"),
        .init(.tuple, "(Int, String)"),
        .init(.tuple, "[String: (Int, Int)]", at: "(Int, Int)"),
        .init(.metatype, "Int.Type"),
        .init(.selfType, "Self"),
        .init(.misplacedStream, "[RemoteStream<Int>]", at: "RemoteStream"),
        .init(.misplacedStream, "Lantern.RemoteStream<Int>?", at: "Lantern"),
        .init(.closure, "Box<() -> Int>", at: "() ->"),
    ]

    static let results: [RefusedContract] = [
        .init(.onewayResult("f"), "@Oneway func f() async throws -> Int", at: "@Oneway"),
        .init(.onewayResult("f"), "@Oneway func f() async throws -> RemoteStream<Int>", at: "@Oneway"),
        .init(.onewayProperty, "@Oneway var v: Int { get async throws }", at: "@Oneway"),
        .init(.voidProperty, "var v: Void { get async throws }", at: "Void"),
        .init(.misplacedStream, "var v: RemoteStream<Int>? { get async throws }", at: "RemoteStream"),
        .init(.closure, "var v: RemoteStream<() -> Int> { get async throws }", at: "() ->"),
        .init(.misplacedBlob, "var v: SerializedBlob { get async throws }", at: "SerializedBlob"),
        .init(.misplacedBlob, "func f() async throws -> Lantern.SerializedBlob", at: "Lantern"),
        .init(.misplacedBlob, "func f(x: [SerializedBlob]) async throws", at: "SerializedBlob"),
        .init(.blobNotAlone, "func f(x: SerializedBlob, y: Int) async throws", at: "SerializedBlob"),
        .init(.misplacedStream, "func f(x: RemoteStream<Int>?) async throws", at: "RemoteStream"),
        .init(.misplacedStream, "func f(x: [Lantern.RemoteStream<Int>]) async throws", at: "Lantern"),
        .init(.closure, "func f(x: RemoteStream<() -> Int>) async throws", at: "() ->"),
        .init(.onewayStream("f"), "@Oneway func f(x: RemoteStream<Int>) async throws", at: "@Oneway"),
        .init(.closure, "func f() async throws -> RemoteStream<() -> Int>", at: "() ->"),
        .init(.buriedObject("any Desk"), "func f() async throws -> RemoteStream<any Desk>", at: "any Desk"),
        .init(.opaque, "func f() async throws -> some Codable", at: "some"),
        .init(.tuple, "func f() async throws -> (Int, Int)", at: "(Int"),
        .init(
            .implicitlyUnwrapped, "func f(x: Int!) async throws", at: "Int!",
            fixIt: "use '?'", fixed: "func f(x: Int?) async throws"),
        .init(
            .implicitlyUnwrapped, "func f() async throws -> Int!", at: "Int!",
            fixIt: "use '?'", fixed: "func f() async throws -> Int?"),
    ]
}

/// A type that cannot travel, wherever it stands.
struct RefusedType: CustomTestStringConvertible, Sendable {
    let refusal: Refusal
    let text: String
    let anchor: String

    init(_ refusal: Refusal, _ text: String, at anchor: String? = nil) {
        self.refusal = refusal
        self.text = text
        self.anchor = anchor ?? text
    }

    var testDescription: String { text }
}
