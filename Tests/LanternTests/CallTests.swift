import Lantern
import LanternTrust
import Testing

struct CallTests {
    @Test(
        "A1 C2 C9: typed calls of every kind reach the object and come back",
        arguments: SerializerFormat.allCases)
    func everyKind(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter(ProxyOptions(serializer: format))
        #expect(try await counter.add(2) == 2)
        #expect(try await counter.add(40) == 42)
        #expect(try await counter.describe(name: "lamp", times: 3) == "lamp x3")
        #expect(try await counter.originalName())
        #expect(try await counter.point(Point(x: 1, y: 2.5, label: nil)) == Point(x: 2, y: 2.5, label: nil))
        #expect(try await counter.echo([0, 1, 255]) == [0, 1, 255])
        #expect(try await counter.total == 42)
        #expect(try await counter.whoCalls() == "spiffe://lantern.test/client")
        var items: [Int] = []
        for try await item in try await counter.numbers(upTo: 5) { items.append(item) }
        #expect(items == [0, 1, 2, 3, 4])
        try await counter.note("hello")
        try await loopback.gate.wait("hello")
        #expect(try await counter.notes() == ["hello"])
        await loopback.close()
    }
}
