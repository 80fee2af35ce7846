import Testing

@testable import LanternValue

struct MapBuilderTests {
    @Test(
        "the last value under a key stays, however many keys there are",
        arguments: [1, 2, 15, 16, 17, 18, 100])
    func lastStays(count: Int) {
        var map = MapBuilder()
        // Many of these share their bit of the filter: equal length, first and last letter.
        let keys = (0..<count).map { Value.text("k\($0 + 1000)z") }
        for (index, key) in keys.enumerated() { map.insert(key, .int(Int64(index))) }
        for (index, key) in keys.enumerated() { map.insert(key, .int(Int64(index + 1000))) }
        #expect(map.pairs.map(\.key) == keys)
        #expect(map.pairs.map(\.value) == (0..<count).map { .int(Int64($0 + 1000)) })
    }

    @Test("keys that only look alike stay apart, and numbers that are equal in Python do not")
    func equality() {
        var map = MapBuilder()
        map.insert(.text("é"), .int(1))
        map.insert(.text("e\u{301}"), .int(2))
        map.insert(.text("1"), .int(3))
        map.insert(.int(1), .int(4))
        map.insert(.float(1), .int(5))
        map.insert(.bool(true), .int(6))
        map.insert(.text("1"), .int(7))
        #expect(map.pairs.count == 4)
        #expect(map.pairs.map(\.value) == [.int(1), .int(2), .int(7), .int(6)])
    }
}
