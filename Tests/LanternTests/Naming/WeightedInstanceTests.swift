import Lantern
import LanternWire
import Testing

struct WeightedInstanceTests {
    /// Always the same numbers for the same seed: SplitMix64.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private func instances(_ weights: [Int]) throws -> [WeightedInstance] {
        try weights.enumerated().map {
            WeightedInstance(try PyroURI("PYRO:o\($0.offset)@host.example:1"), $0.element)
        }
    }

    /// How often each stands first, of 10,000.
    private func firsts(_ weights: Int...) throws -> [Int] {
        let all = try instances(weights)
        var counts = Array(repeating: 0, count: all.count)
        var random = Numbers(state: 7)
        for _ in 0..<10_000 {
            let first = try #require(WeightedInstance.order(all, using: &random).first)
            counts[try #require(all.firstIndex { $0.uri == first })] += 1
        }
        return counts
    }

    @Test("each instance stands first as often as its weight says")
    func shares() throws {
        let counts = try firsts(100, 300, 600)
        #expect((850...1_150).contains(counts[0]))
        #expect((2_800...3_200).contains(counts[1]))
        #expect((5_750...6_250).contains(counts[2]))
        let extremes = try firsts(1, 10_000)
        #expect(extremes[0] < 10 && extremes[1] > 9_990)
    }

    @Test("an order has each instance once; weight 0 comes behind all others")
    func spares() throws {
        var random = Numbers(state: 1)
        let all = try instances([0, 5, 0, 1])
        for _ in 0..<1_000 {
            let order = WeightedInstance.order(all, using: &random)
            #expect(Set(order) == Set(all.map(\.uri)) && order.count == 4)
            #expect(Set(order.prefix(2)) == [all[1].uri, all[3].uri])
        }
        // When there are only spares, each of them has its turn.
        #expect(try firsts(0, 0).allSatisfy { $0 > 4_500 })
        #expect(WeightedInstance.order([], using: &random).isEmpty)
        #expect(try WeightedInstance.order(instances([0]), using: &random).count == 1)
    }
}
