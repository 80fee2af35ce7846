import Lantern
import LanternValue
import Testing

/// Values that go to a Python object and come back.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct ValueTripTests {
    static let values: [Value] = [
        .none, true, false, 0, -1, 5, .int(.max), .int(.min), 1.5, .float(-0.0), .float(.infinity),
        .float(-.infinity), .float(.nan), "", "x", "\u{1F600}", "'\"\\\n\t\0\u{7f}",
        .complex(real: 1, imaginary: -2), .surrogateText([0xd800]), .bytes([]), .bytes([0, 97, 255]),
        [], [1, "two", 3.5], .tuple([]), .tuple([1]), .tuple([1, 2]), .set([1]), .set([]), .frozenSet([1]),
        ["a": 1], .map([ValuePair(1, 2)]), .map([ValuePair(.tuple([1, 2]), 3)]), .map([ValuePair(.none, 1)]),
        .map([ValuePair(.bytes([97]), 1)]), .dateTime(1_577_934_245.5), .date(ordinal: 737_426),
        [[.tuple([.set([1])]), ["deep": [.none, .bytes([1])]]]], .ellipsis,
    ]

    @Test(
        "D1 D2 D3 D4 D9 D22 D23: values come back as this serializer carries them",
        arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func roundTrip(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let echo = try side.dynamic("echo", format)
        let big = [try Self.big("123456789012345678901234567890"), try Self.big("-18446744073709551616")]
        for value in Self.values + big {
            guard let bytes = try? encode(value, as: format), let wanted = try? decode(bytes, as: format)
            else {
                await #expect(throws: (any Error).self, "\(value) in \(format)") {
                    try await echo.call("echo", value)
                }
                continue
            }
            do {
                let got = try await echo.call("echo", value)
                #expect(got == wanted, "\(value) in \(format)")
            } catch let error as RemoteError {
                // Python refuses what it could not have read either: keys that its dicts do not take, for example.
                #expect(Self.refused(value, format), "\(value) in \(format): \(error)")
            }
            #expect(try await echo.call("echo", "still here") == "still here")
        }
        await side.close()
    }

    @Test(
        "Python sees the types that its own client would have sent", arguments: SerializerFormat.allCases,
        PyroGeneration.allCases)
    func kinds(format: SerializerFormat, generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let echo = try side.dynamic("echo", format)
        var wanted: [(Value, String)] = [
            (.none, "NoneType"), (true, "bool"), (5, "int"), (1.5, "float"), ("x", "str"), ([1], "list"),
            (["a": 1], "dict"),
        ]
        // Pyro4 does not look into msgpack's extensions when they are arguments.
        let isLeftClosed = format == .msgpack && generation == .pyro4
        wanted.append((try Self.big("123456789012345678901234567890"), isLeftClosed ? "ExtType" : "int"))
        let isText = format == .serpent || format == .json
        wanted.append((.tuple([1]), format == .serpent || format == .marshal ? "tuple" : "list"))
        wanted.append((.set([1]), format == .serpent || format == .marshal ? "set" : "list"))
        if format != .json { wanted.append((.bytes([1]), isText ? "dict" : "bytes")) }
        if format == .msgpack { wanted.append((.dateTime(0), isLeftClosed ? "ExtType" : "datetime")) }
        for (value, kind) in wanted {
            #expect(try await echo.call("kind", value) == .text(kind), "\(value) in \(format)")
        }
        await side.close()
    }

    @Test("a URI comes as a class dict", arguments: PyroGeneration.allCases)
    func uri(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let uri = try await side.dynamic("echo").call("uri")
        #expect(uri["__class__"] == .text("\(generation == .pyro4 ? "Pyro4" : "Pyro5").core.URI"))
        await side.close()
    }

    private static func big(_ digits: String) throws -> Value {
        Value(try #require(BigInteger(decimal: digits)))
    }

    /// The cells "sent, refused" of the round-trip table.
    private static func refused(_ value: Value, _ format: SerializerFormat) -> Bool {
        guard format == .msgpack || format == .serpent, case .map(let pairs) = value else { return false }
        return pairs.contains { $0.key.textValue == nil }
    }
}
