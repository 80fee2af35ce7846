import SwiftSyntaxMacrosGenericTestSupport
import Testing

@testable import LanternMacros

/// What `@RemoteValue` writes, and what it refuses.
struct RemoteValueTests {
    @Test("a struct is read and written field by field")
    func record() {
        expectExpansion(
            of: """
                @RemoteValue
                public struct Item {
                    public var name: String
                    var shelf: Int?
                    let version: Int = 2
                    var label: String { name }
                    static let limit = 3
                }
                """,
            is: """
                public struct Item {
                    public var name: String
                    var shelf: Int?
                    let version: Int = 2
                    var label: String { name }
                    static let limit = 3
                }

                extension Item: Lantern.RemoteCodable {
                    private nonisolated static let remoteFields = Lantern.RemoteFields("Item", "name", "shelf", "version")

                    public nonisolated init(from reader: inout Lantern.ValueReader) throws(Lantern.ValueError) {
                        let fields = Self.remoteFields
                        var field0: Optional<String> = nil
                        var field1: Optional<Int?> = nil
                        var cursor = try reader.beginMap()
                        while let index = try reader.nextField(&cursor, of: fields) {
                            switch index {
                            case 0:
                                field0 = try reader.readField(0, of: fields, as: (String).self)
                            case 1:
                                field1 = try reader.readField(1, of: fields, as: (Int?).self)
                            case 2:
                                _ = try reader.readField(2, of: fields, as: (Int).self)
                            default:
                                break
                            }
                        }
                        self.name = try fields.require(field0, 0)
                        self.shelf = try fields.require(field1, 1)
                    }

                    public nonisolated func write(to writer: inout Lantern.ValueWriter) throws(Lantern.ValueError) {
                        let fields = Self.remoteFields
                        try writer.beginMap(count: Lantern.RemoteFields.count(self.name) + Lantern.RemoteFields.count(self.shelf) + Lantern.RemoteFields.count(self.version))
                        try writer.writeField(0, of: fields, self.name)
                        try writer.writeField(1, of: fields, self.shelf)
                        try writer.writeField(2, of: fields, self.version)
                        try writer.endMap()
                    }
                }
                """)
    }

    @Test("an enum with raw values needs nothing but the conformance")
    func rawValues() {
        expectExpansion(
            of: "@RemoteValue\nenum Kind: String {\n    case small, large\n}",
            is: """
                enum Kind: String {
                    case small, large
                }

                extension Kind: Lantern.RemoteCodable {
                }
                """)
    }

    @Test("what cannot be a value is refused with what to do", arguments: refused)
    func refusal(_ row: RefusedContract) throws {
        try row.check()
    }

    static let refused: [RefusedContract] = [
        .init(.notARecord, value: "final class Item {\n    let name: String\n}", at: "@RemoteValue"),
        .init(.notARecord, value: "actor Item {\n}", at: "@RemoteValue"),
        .init(.enumWithoutRawValue("E"), value: "enum E {\n    case a\n}", at: "@RemoteValue"),
        .init(.enumWithoutRawValue("E"), value: "enum E: Codable {\n    case a(Int)\n}", at: "@RemoteValue"),
        .init(.genericRecord("Box"), value: "struct Box<T> {\n    var content: T\n}", at: "<T>"),
        .init(.untypedField, value: "struct Item {\n    var count = 0\n}", at: "count"),
        .init(.untypedField, value: "struct Item {\n    let (a, b): (Int, Int)\n}", at: "(a, b)"),
        .init(.lazyField, value: "struct Item {\n    lazy var name: String = \"\"\n}", at: "lazy"),
        .init(.wrappedField, value: "struct Item {\n    @Clamped var size: Int\n}", at: "@Clamped"),
        .init(.closure, value: "struct Item {\n    var action: () -> Void\n}", at: "() -> Void"),
        .init(.tuple, value: "struct Item {\n    var place: (Int, Int)\n}", at: "(Int, Int)"),
        .init(.existential("any P"), value: "struct Item {\n    var other: any P\n}", at: "any P"),
        .init(
            .existential("[any P]"), value: "struct Item {\n    var others: [any P]\n}", at: "[any P]"),
        .init(
            .proxyField, value: "struct Item {\n    var other: DynamicProxy?\n}", at: "DynamicProxy?"),
        .init(
            .conditionalField, value: "struct Item {\n    #if DEBUG\n    var name: String\n    #endif\n}",
            at: "#if"),
        .init(
            .unreadableKeys,
            value:
                "struct Item {\n    var name: String\n    enum CodingKeys: String {\n        case name = \"\\(x)\"\n    }\n}",
            at: "\"\\(x)\""),
        .init(
            .keyWithoutField("other"),
            value:
                "struct Item {\n    var name: String\n    enum CodingKeys: String {\n        case name, other\n    }\n}",
            at: "other"),
        .init(
            .fieldWithoutKey("name"),
            value: "struct Item {\n    var name: String\n    enum CodingKeys: String {\n    }\n}", at: "name"),
    ]
}
