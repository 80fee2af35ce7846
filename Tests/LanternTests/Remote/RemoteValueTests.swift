import Foundation
import Lantern
import LanternValue
import Testing

@RemoteValue
enum Size: String, Codable {
    case small, large
}

@RemoteValue
struct Place: Codable, Hashable, Sendable {
    var street: String
    var number: Int
}

@RemoteValue
struct Parcel: Codable, Hashable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id, size, from, weight, notes, places, days, content, sent, link
        case isPaid = "paid"
    }

    /// `Codable` only, so this field goes over a tree.
    var id: UUID
    var size: Size
    var from: Place
    let weight: Double
    var notes: String?
    var isPaid: Bool
    var places: [Place], days: [String: Int]
    var content: [UInt8]
    var sent: Date?
    var link: URL?
    /// Not in `CodingKeys`.
    var cache: Int = 7
    var title: String { "\(size) \(weight)" }
}

@RemoteValue
private struct Empty: Codable, Hashable {}

/// A conformance that `@RemoteValue` wrote gives and takes what `Codable` does.
struct RemoteValueTests {
    private static let parcel = Parcel(
        id: UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)), size: .large,
        from: Place(street: "Harbour \"Road\"", number: 12), weight: 1.25, notes: nil, isPaid: true,
        places: [Place(street: "ü", number: -1), Place(street: "", number: .max)], days: ["monday": 1],
        content: [0, 255], sent: Date(timeIntervalSince1970: 1_795_435_200), link: nil)

    private func written<T: RemoteCodable>(_ value: T, _ format: SerializerFormat) throws -> [UInt8] {
        var writer = ValueWriter(format: format)
        try value.write(to: &writer)
        return writer.takeOutput()
    }

    private func read<T: RemoteCodable>(_ type: T.Type, _ value: Value, _ format: SerializerFormat) throws
        -> T
    {
        var reader = try ValueReader(format: format, bytes: try encode(value, as: format))
        let result = try T(from: &reader)
        try reader.endDocument()
        return result
    }

    @Test("the bytes are those of the Codable path", arguments: SerializerFormat.allCases)
    func sameBytes(format: SerializerFormat) throws {
        var parcel = Self.parcel
        parcel.cache = 8
        let tree = try decode(try encode(ValueEncoder().encode(parcel), as: format), as: format)
        var expected = try #require(tree.pairs)
        let actual = try #require(try decode(written(parcel, format), as: format).pairs)
        // `Codable` writes in the order of `CodingKeys`, `@RemoteValue` in that of the properties.
        expected.sort { "\($0.key)" < "\($1.key)" }
        #expect(actual.sorted { "\($0.key)" < "\($1.key)" } == expected)
        #expect(!actual.contains { $0.key == "notes" || $0.key == "cache" })
        let ordered = try encode(ValueEncoder().encode(parcel.places), as: format)
        #expect(try written(parcel.places, format) == ordered)
    }

    @Test("what was written is read back, and what Codable wrote", arguments: SerializerFormat.allCases)
    func roundTrip(format: SerializerFormat) throws {
        let bytes = try written(Self.parcel, format)
        var reader = try ValueReader(format: format, bytes: bytes)
        #expect(try Parcel(from: &reader) == Self.parcel)
        try reader.endDocument()
        #expect(try read(Parcel.self, ValueEncoder().encode(Self.parcel), format) == Self.parcel)
        #expect(try read(Empty.self, .map([]), format) == Empty())
        #expect(try written(Empty(), format) == encode(.map([]), as: format))
    }

    @Test("order, unknown keys, None and the last of two do not matter", arguments: SerializerFormat.allCases)
    func lenient(format: SerializerFormat) throws {
        let unknown: Value = .map([ValuePair("a", .list([.map([ValuePair("street", .int(1))])]))])
        let value: Value = .map([
            ValuePair("number", .int(1)), ValuePair("extra", unknown), ValuePair("street", .text("x")),
        ])
        #expect(try read(Place.self, value, format) == Place(street: "x", number: 1))
        if format == .serpent || format == .marshal {
            let odd: Value = .map([
                ValuePair(.int(1), .int(2)), ValuePair("street", .text("x")), ValuePair(.tuple([]), .none),
                ValuePair("number", .int(1)),
            ])
            #expect(try read(Place.self, odd, format) == Place(street: "x", number: 1))
        }
        var pairs = try #require(try ValueEncoder().encode(Self.parcel).pairs)
        pairs.append(ValuePair("notes", .none))
        #expect(try read(Parcel.self, .map(pairs), format).notes == nil)
        let json = Array(#"{"number" :1,"street":"a" , "number": 2}"#.utf8)
        var reader = try ValueReader(format: .json, bytes: json)
        #expect(try Place(from: &reader) == Place(street: "a", number: 2))
    }

    @Test(
        "a missing key, a wrong type and an unknown case are refused by name",
        arguments: SerializerFormat.allCases)
    func refused(format: SerializerFormat) throws {
        func message(_ change: (inout [ValuePair]) -> Void) throws -> String {
            var pairs = try #require(try ValueEncoder().encode(Self.parcel).pairs)
            change(&pairs)
            let error = #expect(throws: ValueError.self) { try read(Parcel.self, .map(pairs), format) }
            #expect(error?.code == .wrongType)
            return error?.detail ?? ""
        }
        #expect(try message { $0.removeAll { $0.key == "weight" } } == "Parcel without 'weight'")
        let place: Value = .map([ValuePair("street", .text("x"))])
        #expect(
            try message { pairs in
                pairs.removeAll { $0.key == "from" }
                pairs.append(ValuePair("from", place))
            } == "Parcel.from: Place without 'number'")
        let number = try message { pairs in
            pairs.removeAll { $0.key == "paid" }
            pairs.append(ValuePair("paid", .text("yes")))
        }
        #expect(number.hasPrefix("Parcel.paid: expected bool"))
        let size = try message { pairs in
            pairs.removeAll { $0.key == "size" }
            pairs.append(ValuePair("size", .text("huge")))
        }
        #expect(size == "Parcel.size: expected a value of Size, found another one")
        let id = try message { pairs in
            pairs.removeAll { $0.key == "id" }
            pairs.append(ValuePair("id", .text("no uuid")))
        }
        #expect(id == "Parcel.id: expected the text of a UUID, found text")
        #expect(throws: ValueError.self) { try read(Place.self, .list([]), format) }
    }

    @Test("values nested deeper than allowed are refused")
    func depth() throws {
        let deep = (0..<300).reduce(Value.int(1)) { inner, _ in .list([inner]) }
        let value: Value = .map([ValuePair("extra", deep)])
        let bytes = try encode(value, as: .json, maximumDepth: 400)
        var reader = try ValueReader(format: .json, bytes: bytes)
        #expect(throws: ValueError.self) { try Place(from: &reader) }
    }
}
