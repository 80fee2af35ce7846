import LanternValue
import Testing

/// The static path: written without a tree, read without a tree, in every format.
struct RemoteCodableTests {
    private func carry<T: RemoteCodable>(
        _ value: some RemoteCodable, as type: T.Type, _ format: SerializerFormat
    ) throws -> T {
        var writer = ValueWriter(format: format)
        try value.write(to: &writer)
        var reader = try ValueReader(format: format, bytes: writer.output)
        let read = try T(from: &reader)
        try reader.endDocument()
        return read
    }

    private func code<T: RemoteCodable>(
        of value: some RemoteCodable, as type: T.Type, _ format: SerializerFormat
    ) -> ValueError.Code? {
        do {
            _ = try carry(value, as: type, format)
            return nil
        } catch let error as ValueError {
            return error.code
        } catch { return nil }
    }

    @Test("scalars come back", arguments: SerializerFormat.allCases)
    func scalars(format: SerializerFormat) throws {
        #expect(try carry(true, as: Bool.self, format) == true)
        #expect(try carry(Int.min, as: Int.self, format) == Int.min)
        #expect(try carry(UInt64.max, as: UInt64.self, format) == UInt64.max)
        #expect(try carry(UInt.max, as: UInt.self, format) == UInt.max)
        #expect(try carry(-0.5, as: Double.self, format) == -0.5)
        #expect(try carry(Float(0.1), as: Float.self, format) == Float(0.1))
        #expect(try carry("grüße, 🔥", as: String.self, format) == "grüße, 🔥")
        #expect(try carry(Int?.none, as: Int?.self, format) == nil)
        #expect(try carry(Int?.some(3), as: Int?.self, format) == 3)
        let big = try #require(BigInteger(decimal: "123456789012345678901234567890"))
        #expect(try carry(big, as: BigInteger.self, format) == big)
    }

    @Test("containers come back", arguments: SerializerFormat.allCases)
    func containers(format: SerializerFormat) throws {
        #expect(try carry([[1, 2], []], as: [[Int]].self, format) == [[1, 2], []])
        #expect(try carry(Set(["a", "b"]), as: Set<String>.self, format) == ["a", "b"])
        #expect(try carry(Set<Int>(), as: Set<Int>.self, format).isEmpty)
        #expect(try carry(["a": [1], "b": []], as: [String: [Int]].self, format) == ["a": [1], "b": []])
        #expect(try carry([1: "a", -2: "b"], as: [Int: String].self, format) == [1: "a", -2: "b"])
    }

    @Test("bytes come back, and a list of integers is read as bytes", arguments: SerializerFormat.allCases)
    func bytes(format: SerializerFormat) throws {
        let bytes: [UInt8] = [0, 255, 10, 39]
        #expect(try carry(bytes, as: [UInt8].self, format) == bytes)
        #expect(try carry([UInt8](), as: [UInt8].self, format) == [])
        #expect(try carry([0, 255], as: [UInt8].self, format) == [0, 255])
        #expect(code(of: [0, 256], as: [UInt8].self, format) == .wrongType)
        #expect(code(of: "text", as: [UInt8].self, format) == .wrongType)
    }

    @Test("a tuple or set is read where a list is wanted", arguments: SerializerFormat.allCases)
    func sequences(format: SerializerFormat) throws {
        #expect(try carry(Value.tuple([1, 2]), as: [Int].self, format) == [1, 2])
        #expect(try carry(Value.set([7]), as: [Int].self, format) == [7])
    }

    @Test("integers end exactly at the range of their type", arguments: SerializerFormat.allCases)
    func ranges(format: SerializerFormat) throws {
        #expect(try carry(127, as: Int8.self, format) == 127)
        #expect(code(of: 128, as: Int8.self, format) == .wrongType)
        #expect(code(of: -1, as: UInt16.self, format) == .wrongType)
        #expect(code(of: -1, as: UInt64.self, format) == .wrongType)
        #expect(code(of: UInt64.max, as: Int64.self, format) == .wrongType)
    }

    @Test("another type is refused, never converted", arguments: SerializerFormat.allCases)
    func wrongTypes(format: SerializerFormat) {
        #expect(code(of: 1.0, as: Int.self, format) == .wrongType)
        #expect(code(of: true, as: Int.self, format) == .wrongType)
        #expect(code(of: 1, as: Bool.self, format) == .wrongType)
        #expect(code(of: "1", as: Double.self, format) == .wrongType)
        #expect(code(of: 1, as: String.self, format) == .wrongType)
        #expect(code(of: "ab", as: [String].self, format) == .wrongType)
        #expect(code(of: [1], as: [String: Int].self, format) == .wrongType)
        #expect(code(of: 1e300, as: Float.self, format) == .wrongType)
        #expect(code(of: Value.none, as: Int.self, format) == .wrongType)
    }
}
