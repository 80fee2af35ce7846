import Foundation
import LanternValue
import Testing

/// Every value vector of the four formats, against bytes that Python wrote.
struct ValueVectorTests {
    /// How many vectors each of our own files has, so that none can go missing unseen.
    static let counts: [SerializerFormat: Int] = [.serpent: 413, .json: 474, .marshal: 470, .msgpack: 471]
    /// Python nests deeper than Lantern does by default.
    static let depth = 1100

    @Test("the files hold as many vectors as expected", arguments: SerializerFormat.allCases)
    func complete(format: SerializerFormat) throws {
        let vectors = try VectorFile.load("values-\(format.rawValue)")
        #expect(vectors.count == Self.counts[format] || !VectorFile.isOwnCopy)
        #expect(!vectors.isEmpty)
    }

    @Test("what Python wrote is read as Python reads it", arguments: try all(.both))
    func decodes(_ item: FormatVector) throws {
        // Python has made an exception of these class dicts; here they stay what was sent.
        let staysDict =
            item.vector.plainName.contains(".classdict_") && !item.vector.plainName.contains("dict_float")
        let tagged = staysDict ? item.vector.value : item.vector.decoded ?? item.vector.value
        guard let expected = tagged?.value else {
            Issue.record("no counterpart for the tagged value")
            return
        }
        let value = try decode(item.vector.bytes, as: item.format, limits: item.limits)
        expectEqual(value.comparable, expected.comparable)
    }

    @Test("what is written is what Python writes, or reads as the same value", arguments: try all(.both))
    func encodes(_ item: FormatVector) throws {
        // A value of a type that only Python has: nothing to write.
        guard let value = item.vector.value?.value, item.isRepresentable(value) else { return }
        if KnownDifferences.writesLessThanPython.contains(item.vector.plainName) {
            #expect(throws: ValueError.self) { try encode(value, as: item.format) }
            return
        }
        let written = try encode(value, as: item.format, maximumDepth: Self.depth)
        if item.vector.canonical == true {
            #expect(
                written == item.vector.bytes, "\(shortened(written)) is not \(shortened(item.vector.bytes))")
        }
        let ours = try decode(written, as: item.format, limits: item.limits)
        let theirs = try decode(item.vector.bytes, as: item.format, limits: item.limits)
        if case .set(let members) = value, item.format == .json || item.format == .msgpack {
            // A list there, in an order that has no meaning.
            #expect(ours.elements?.count == members.count)
            #expect(Set(ours.elements ?? []) == Set(theirs.elements ?? []))
        } else {
            expectEqual(ours.comparable, theirs.comparable)
        }
    }

    @Test("what Python cannot read back is refused", arguments: try all(.encodeOnly))
    func refusesToDecode(_ item: FormatVector) throws {
        let result = Result {
            try decode(item.vector.bytes, as: item.format, limits: .init(depth: Self.depth))
        }
        let isKnown = KnownDifferences.knownClassDicts.contains(item.vector.plainName)
        if item.vector.isRefusedForItsClass && !isKnown
            || KnownDifferences.readsMoreThanPython.contains(item.vector.plainName)
        {
            _ = try result.get()
        } else {
            #expect(throws: ValueError.self) { try result.get() }
        }
    }

    @Test("what Python refuses to write is refused", arguments: try all(.encodeError))
    func refusesToEncode(_ item: FormatVector) throws {
        guard let value = item.vector.value?.value else { return }  // a type that Swift has no value for
        // Bytes have a form in our json, in Python's they have none.
        let isKeyed =
            item.vector.plainName.contains("byteskeys") || item.vector.plainName.contains("bytes_key")
        let hasJSONBytes = item.format == .json && !isKeyed && value.contains { $0.kind == .bytes }
        if hasJSONBytes || KnownDifferences.writesMore(item.vector.plainName) {
            _ = try encode(value, as: item.format, maximumDepth: Self.depth)
        } else {
            #expect(throws: ValueError.self) {
                try encode(value, as: item.format, maximumDepth: item.format == .serpent ? 200 : Self.depth)
            }
        }
    }

    static func all(_ direction: Vector.Direction) throws -> [FormatVector] {
        try SerializerFormat.allCases.flatMap { format in
            try VectorFile.load("values-\(format.rawValue)")
                .filter { $0.direction == direction }
                .map { FormatVector(format: format, vector: $0) }
        }
    }
}

/// Input that no encoder emits.
struct RawVectorTests {
    static let counts: [SerializerFormat: Int] = [.serpent: 245, .json: 114, .marshal: 116, .msgpack: 107]

    @Test("the files hold as many vectors as expected", arguments: SerializerFormat.allCases)
    func complete(format: SerializerFormat) throws {
        let vectors = try VectorFile.load("raw-\(format.rawValue)")
        #expect(vectors.count == Self.counts[format] || !VectorFile.isOwnCopy)
        let known: [Vector.Direction] = [.decodeOnly, .reject, .mustReject]
        #expect(vectors.allSatisfy { known.contains($0.direction) })
    }

    @Test("lenient input is read as Python reads it", arguments: try all([.decodeOnly]))
    func accepts(_ item: FormatVector) throws {
        if KnownDifferences.refusedOnPurpose.contains(item.vector.plainName) {
            #expect(throws: ValueError.self) {
                try decode(item.vector.bytes, as: item.format, limits: .init(depth: 1100))
            }
            return
        }
        if item.vector.hasClassDict {
            // Python has made an object of it; here it is the map that was sent.
            _ = try decode(item.vector.bytes, as: item.format)
            return
        }
        guard let expected = (item.vector.decoded ?? item.vector.value)?.value else {
            Issue.record("no counterpart for the tagged value")
            return
        }
        let value = try decode(item.vector.bytes, as: item.format, limits: .init(depth: 1100))
        expectEqual(value.comparable, expected.comparable)
    }

    @Test("bad input is refused", arguments: try all([.reject, .mustReject]))
    func refuses(_ item: FormatVector) throws {
        let result = Result { try decode(item.vector.bytes, as: item.format, limits: .init(depth: 1024)) }
        let isKnown = KnownDifferences.knownClassDicts.contains(item.vector.plainName)
        if item.vector.isRefusedForItsClass, !isKnown {
            _ = try result.get()
        } else {
            #expect(throws: ValueError.self) { try result.get() }
        }
    }

    @Test("no shortened or changed input traps", arguments: SerializerFormat.allCases)
    func damaged(format: SerializerFormat) throws {
        for vector in try VectorFile.load("raw-\(format.rawValue)") where vector.bytes.count < 300 {
            for index in vector.bytes.indices {
                _ = try? decode(Array(vector.bytes[..<index]), as: format)
                var changed = vector.bytes
                changed[index] ^= 0xff
                _ = try? decode(changed, as: format)
                var reader = try? ValueReader(format: format, bytes: changed)
                try? reader?.skipValue()
            }
        }
    }

    static func all(_ directions: [Vector.Direction]) throws -> [FormatVector] {
        try SerializerFormat.allCases.flatMap { format in
            try VectorFile.load("raw-\(format.rawValue)")
                .filter { directions.contains($0.direction) }
                .map { FormatVector(format: format, vector: $0) }
        }
    }
}

/// The vectors on which Lantern and Python differ, by choice.
enum KnownDifferences {
    static let writesMoreThanPython: Set<String> = [
        // Python converts class dicts one level deep for marshal; here they are maps like any other.
        "marshal.exception_in_exception", "marshal.uri_in_list",
        // Python's local time arithmetic has no room before the first day.
        "msgpack.datetime_min",
    ]
    static func writesMore(_ name: String) -> Bool {
        // However many of these a set of vectors has.
        writesMoreThanPython.contains(name) || name.hasPrefix("marshal.exception_nested")
    }
    /// Python stops at its own recursion limit.
    static let readsMoreThanPython: Set<String> = ["marshal.deep_list_520", "json.deep_list_520"]
    /// One limit for integers in all formats, though marshal itself has none.
    static let writesLessThanPython: Set<String> = ["marshal.int_4301_digits"]
    /// Serpent's form of nan has a meaning here, so a wrong one is refused, and it is no map when it is a key.
    static let knownClassDicts: Set<String> = ["serpent.raw180", "serpent.raw181", "serpent.dict_nan_key"]
    /// A class object is not data.
    static let refusedOnPurpose: Set<String> = ["marshal.raw005"]
}

struct FormatVector: Sendable, CustomTestStringConvertible {
    let format: SerializerFormat
    let vector: Vector

    var testDescription: String { vector.name }

    /// As Python has them: deeper than by default, and without a limit on marshal's integers.
    var limits: DecodingLimits {
        var limits = DecodingLimits(depth: 1100)
        if format == .marshal { limits.integerDigits = 10_000 }
        return limits
    }

    /// Python's sender maps dates to text in these formats; the value here would be the text.
    func isRepresentable(_ value: Value) -> Bool {
        if format == .msgpack { return true }
        return !value.contains { node in
            switch node {
            case .dateTime, .date: true
            default: false
            }
        }
    }
}

extension Vector {
    /// The name without the generation that it is for.
    var plainName: String {
        for suffix in [".pyro4", ".pyro5"] where name.hasSuffix(suffix) { return String(name.dropLast(6)) }
        return name
    }
}

extension Value {
    fileprivate func contains(_ test: (Value) -> Bool) -> Bool {
        if test(self) { return true }
        if let elements { return elements.contains { $0.contains(test) } }
        return pairs?.contains { $0.key.contains(test) || $0.value.contains(test) } ?? false
    }
}

private func expectEqual(_ found: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation)
{
    if found == expected { return }
    Issue.record(
        "found \("\(found)".prefix(400)), expected \("\(expected)".prefix(400))",
        sourceLocation: sourceLocation)
}

private func shortened(_ bytes: [UInt8]) -> String { String(bytes.hex.prefix(200)) }
