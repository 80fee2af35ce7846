import Lantern

@RemoteValue
struct Address: Codable, Sendable {
    var street, city, postcode, country: String
}

@RemoteValue
struct Customer: Codable, Sendable {
    var name, email: String
    var address: Address
    var loyal: Bool
}

@RemoteValue
struct Line: Codable, Sendable {
    var sku, title: String
    var quantity: Int
    var price: Double
    var weight: Int
}

@RemoteValue
struct Order: Codable, Sendable {
    var id: Int
    var reference: String
    var customer: Customer
    var created: Double
    var paid: Bool
    var discount: Double?
    var tags: [String]
    var notes: String?
    var lines: [Line]
}

@RemoteValue
struct Row: Codable, Sendable {
    var id: Int
    var name: String
    var price: Double
    var active: Bool
    var tags: [String]
}

enum Documents {
    static var all: [Measured] {
        get throws {
            [
                try Measured("nested", order),
                try Measured("rows", rows),
                try Measured("integers", (0..<100_000).map { $0 * 7919 % 1_000_003 - 1000 }),
                try Measured(
                    "text", (0..<500).map { "line \($0): \"quoted\"\tand\\slashed\nnext ü € 𝄞 it's" }),
                try Measured("bytes", (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 * 131) }),
            ]
        }
    }

    /// About 1 KB: 923 bytes in msgpack, 1,244 in json.
    private static var order: Order {
        let titles = [
            "Lantern, brass", "Wick, cotton 5 m", "Glass chimney", "Lamp oil 1 l", "Wall bracket",
            "Matches, storm",
            "Carrying strap", "Spare burner", "Tin of polish",
        ]
        let address = Address(street: "Harbour Road 12", city: "Arlington", postcode: "22201", country: "US")
        return Order(
            id: 90125, reference: "LN-2026-000417",
            customer: Customer(
                name: "Grace Hopper", email: "grace.hopper@example.org", address: address, loyal: true),
            created: 1_795_435_200.25, paid: false, discount: 0.125, tags: ["express", "gift", "fragile"],
            notes: "Leave it with the neighbour when nobody opens.",
            lines: titles.enumerated().map { number, title in
                Line(
                    sku: "SKU-\(1000 + number * 37)", title: title, quantity: number % 4 + 1,
                    price: Double(375 + number * 1140) / 100, weight: 120 * number + 75)
            })
    }

    private static var rows: [Row] {
        (0..<200).map { number in
            Row(
                id: number, name: "item \(number)", price: Double(number) * 1.25, active: number % 3 == 0,
                tags: ["a", "b"])
        }
    }
}
