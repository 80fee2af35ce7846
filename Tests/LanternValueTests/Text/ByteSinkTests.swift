import Testing

@testable import LanternValue

struct ByteSinkTests {
    @Test("bytes of any size arrive in order, however the room grows")
    func growth() {
        var sink = ByteSink(capacity: 0)
        var expected: [UInt8] = []
        for size in [0, 1, 2, 15, 16, 17, 63, 64, 65, 1000, 5000] {
            let part = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ size) }
            sink.append(contentsOf: part)
            sink.append(0xff)
            sink.append(1, raw: UInt32(0x0203_0405).bigEndian)
            expected += part + [0xff, 1, 2, 3, 4, 5]
        }
        #expect(sink.bytes == expected)
        #expect(sink.count == expected.count)
        #expect(sink.take() == expected)
        #expect(sink.count == 0)
    }

    @Test("more cannot be written than was asked for")
    func overstated() {
        var sink = ByteSink(capacity: 4)
        sink.append(upTo: 4) { _ in 400 }
        #expect(sink.bytes == [0, 0, 0, 0])
    }

    @Test("integers have all their digits")
    func decimals() {
        var integers: [Int64] = [0, -1, 9, 10, 99, 100, 101, -100, .max, .min, .max - 1, .min + 1]
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            integers += [power - 1, power, power + 1, -power + 1, -power, -power - 1]
        }
        for integer in integers {
            var sink = ByteSink(capacity: 1)
            sink.append(decimal: integer)
            #expect(String(decoding: sink.take(), as: UTF8.self) == "\(integer)")
        }
    }

    @Test("floats are the shortest text that reads back equal")
    func floats() {
        var generator = SystemRandomNumberGenerator()
        var numbers: [Double] = [
            0.1, 0.25, 1.5, 14.15, -3.75, 1e-4, 1.5e-4, 123456.789, 0.123456, 0.1234567, 999_999_999.5,
            1e9 + 0.5,
            999_999_999.999999, 0.30000000000000004, 5e-300, 1.7976931348623157e308, 4.35, 0.285, 1.005,
            2.675,
        ]
        for _ in 0..<2000 {
            numbers.append(Double(Int.random(in: -1_000_000...1_000_000, using: &generator)) / 1000)
            numbers.append(Double(Int.random(in: 0...1_000_000_000_000, using: &generator)) / 1_000_000)
            numbers.append(Double.random(in: -1e6...1e6, using: &generator))
        }
        for number in numbers {
            var sink = ByteSink(capacity: 1)
            sink.append(repr: number)
            let text = String(decoding: sink.take(), as: UTF8.self)
            #expect(Double(text)?.bitPattern == number.bitPattern, "\(number)")
            // Swift's own form differs in the exponent only, which these have not.
            if number.magnitude >= 1e-4, number.magnitude < 1e15 { #expect(text == number.description) }
        }
    }
}

struct ByteSourceTests {
    @Test("nothing outside of the bytes is read, whatever is asked for")
    func bounds() {
        let source = ByteSource([1, 2, 3, 4, 5])
        #expect((0..<5).map { source[$0] } == [1, 2, 3, 4, 5])
        for index in [5, 6, -1, .max, .min] { #expect(source[index] == 0) }
        #expect(source.load(UInt32.self, at: 1) == UInt32(0x0504_0302).littleEndian)
        for index in [2, 5, -1, -4, .max, .min] { #expect(source.load(UInt32.self, at: index) == nil) }
        #expect(source.array(3..<900) == [4, 5])
        #expect(source.array(7..<9) == [])
        #expect(source.array(-3..<2) == [1, 2])
        #expect(source.firstIndex(of: 4, from: 0) == 3)
        #expect(source.firstIndex(of: 4, from: 4) == nil)
        #expect(source.firstIndex(of: 4, from: 40) == nil)
        let empty = ByteSource([])
        #expect(empty.count == 0)
        #expect(empty[0] == 0)
        #expect(empty.load(UInt8.self, at: 0) == nil)
    }

    @Test("the bytes of another object are kept with it")
    func foreignBytes() {
        final class Owner {
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
            var onEnd: () -> Void = {}
            deinit {
                bytes.deallocate()
                onEnd()
            }
        }
        var ended = false
        var owner: Owner? = Owner()
        owner?.onEnd = { ended = true }
        owner?.bytes.copyBytes(from: [0xa3, 0x61, 0x62, 0x63])
        var source = owner.map { ByteSource(UnsafeRawBufferPointer($0.bytes), keptBy: $0) }
        owner = nil
        #expect(!ended)
        let text = source.flatMap { source in
            var reader = try? ValueReader(format: .msgpack, source: source)
            return try? reader?.readText()
        }
        #expect(text == "abc")
        source = nil
        #expect(ended)
    }
}
