import Foundation
import LanternValue
import Testing

struct ValueCodableTests {
    struct Order: Codable, Equatable {
        var id: UUID
        var count: UInt64
        var tags: Set<String>
        var note: String?
        var raw: [UInt8]
        var data: Data
        var lines: [Line]
        var byNumber: [Int: String]
        var exact: BigInteger
        var any: Value
    }
    struct Line: Codable, Equatable { var name: String, price: Double }

    let order = Order(
        id: UUID(), count: .max, tags: ["a"], note: nil, raw: [1, 2], data: Data([3]),
        lines: [Line(name: "x", price: 1.5)], byNumber: [5: "five"], exact: BigInteger(Int64(7)),
        any: [1, "two", nil])

    @Test("a struct comes back through every format", arguments: SerializerFormat.allCases)
    func carried(format: SerializerFormat) throws {
        let value = try ValueEncoder().encode(order)
        let bytes = try encode(value, as: format)
        #expect(try ValueDecoder().decode(Order.self, from: decode(bytes, as: format)) == order)
    }

    @Test("the tree has the shape that Python expects")
    func shape() throws {
        let value = try ValueEncoder().encode(order)
        #expect(value["raw"] == .bytes([1, 2]))
        #expect(value["data"] == .bytes([3]))
        #expect(value["lines"] == [["name": "x", "price": 1.5]])
        #expect(value["byNumber"] == ["5": "five"])
        #expect(value["id"]?.textValue == order.id.uuidString.lowercased())
        #expect(value["count"] == Value(UInt64.max))
    }

    @Test(
        "a date is the text of isoformat",
        arguments: [
            0: "1970-01-01T00:00:00+00:00", 1_577_934_245.000006: "2020-01-02T03:04:05.000006+00:00",
            -62_135_596_800: "0001-01-01T00:00:00+00:00", 951_782_400: "2000-02-29T00:00:00+00:00",
        ])
    func dates(seconds: Double, text: String) throws {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(try ValueEncoder().encode(date) == .text(text))
        let back = try ValueDecoder().decode(Date.self, from: .text(text))
        #expect(abs(back.timeIntervalSince1970 - seconds) < 1e-6)
    }

    @Test(
        "dates are read from what Python sends",
        arguments: [
            Value.dateTime(86400), .date(ordinal: 719_164), "1970-01-02", "1970-01-02T00:00:00", 86400,
            "1970-01-02T01:00:00+01:00", "1970-01-01 23:00-01:00", "1970-01-02T00:00:00Z", 86400.0,
        ])
    func datesRead(value: Value) throws {
        #expect(try ValueDecoder().decode(Date.self, from: value).timeIntervalSince1970 == 86400)
    }

    @Test(
        "bad dates are refused",
        arguments: [
            "", "1970", "1970-13-01", "1970-02-29", "1970-01-01T24:00", "1970-01-01T00:60", "1970-01-01T",
            "0000-01-01", "1970-01-01T00:00:00.", "1970-01-01T00:00:00+25:00", "1970-01-01x",
        ] as [Value])
    func datesRefused(value: Value) {
        #expect(throws: DecodingError.self) { try ValueDecoder().decode(Date.self, from: value) }
    }

    @Test("tuples and sets are read as arrays")
    func sequences() throws {
        #expect(try ValueDecoder().decode([Int].self, from: .tuple([1, 2])) == [1, 2])
        #expect(try ValueDecoder().decode(Set<Int>.self, from: .frozenSet([1])) == [1])
    }

    @Test("an error tells the way to the value")
    func errors() {
        let value: Value = ["lines": [["name": "x", "price": "dear"]]]
        struct Holder: Decodable { var lines: [Line] }
        do {
            _ = try ValueDecoder().decode(Holder.self, from: value)
            Issue.record("accepted")
        } catch let DecodingError.typeMismatch(_, context) {
            #expect(context.codingPath.map(\.stringValue) == ["lines", "0", "price"])
            #expect(context.debugDescription == "expected a float, found text")
        } catch { Issue.record(error) }
    }

    @Test("what does not fit is refused")
    func refused() {
        let decoder = ValueDecoder()
        #expect(throws: DecodingError.self) { try decoder.decode(Int8.self, from: 128) }
        #expect(throws: DecodingError.self) { try decoder.decode(UInt.self, from: -1) }
        #expect(throws: DecodingError.self) { try decoder.decode(Int.self, from: 1.0) }
        #expect(throws: DecodingError.self) { try decoder.decode(Int.self, from: true) }
        #expect(throws: DecodingError.self) {
            try decoder.decode(String.self, from: .surrogateText([0xd800]))
        }
        #expect(throws: DecodingError.self) { try decoder.decode([UInt8].self, from: [256]) }
        #expect(throws: DecodingError.self) { try decoder.decode(UUID.self, from: "x") }
        #expect(throws: DecodingError.self) { try decoder.decode(Line.self, from: ["name": "x"]) }
        #expect(throws: DecodingError.self) { try decoder.decode(Line.self, from: nil) }
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(Value.int(1)) }
    }

    @Test("an empty list is a list, whatever it is a list of")
    func emptyLists() throws {
        #expect(try ValueEncoder().encode([String]()) == .list([]))
        #expect(try ValueEncoder().encode([Line]()) == .list([]))
        #expect(try ValueEncoder().encode(["a": [Double]()]) == ["a": .list([])])
        #expect(try ValueEncoder().encode([UInt8]()) == .bytes([]))
    }

    @Test("an optional by itself is read like the value in it")
    func optionals() throws {
        #expect(try ValueDecoder().decode(Int?.self, from: 7) == 7)
        #expect(try ValueDecoder().decode([String]?.self, from: .list(["a"])) == ["a"])
        #expect(try ValueDecoder().decode(Int?.self, from: .none) == nil)
        let date = Date(timeIntervalSince1970: 1_795_435_200)
        #expect(try ValueDecoder().decode(Date?.self, from: ValueEncoder().encode(date)) == date)
        #expect(throws: DecodingError.self) { try ValueDecoder().decode(Int?.self, from: "x") }
    }
}
