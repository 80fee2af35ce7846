import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Large messages between Lantern and stock Pyro of both generations, plain and compressed.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct LargeMessageTests {
    static let limit = 110 << 20

    @Test(
        "D19 D18 D14 D17: 100 MiB from Python and back, and no more than the limit",
        arguments: PyroGeneration.allCases)
    func fromPython(generation: PyroGeneration) async throws {
        let side = try await LanternSide {
            $0.limits.messageSize = Self.limit
            $0.compressesAnswers = true
        }
        let client = try PythonProcess(
            "large.py", home: side.home, side.workshop, "msgpack", "100", generation: generation)
        await client.finish().expectAllCases()
        await side.daemon.shutdown()
    }

    @Test(
        "D19 D18 D14: 100 MiB to Python and back, and no more than the limit",
        arguments: PyroGeneration.allCases)
    func toPython(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation, config: ["MAX_MESSAGE_SIZE": "\(Self.limit)"])
        var options = ProxyOptions(timeout: .seconds(120))
        options.maximumMessage = Self.limit
        let uri = "PYRO:workshop@\(side.location)"
        let workshop = try side.client.proxy((any Workshop).self, uri, options: options)
        let block = (0..<1 << 20).map { _ in UInt8.random(in: .min ... .max) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(100 << 20)
        for number in 0..<100 {
            bytes += block[number...]
            bytes += block[..<number]
        }
        let same = try await workshop.blob(bytes) == bytes
        #expect(same)
        // More than the settings of this proxy let out: nothing is sent, the connection stays.
        let tooMuch = await #expect(throws: LanternError.self) {
            try await workshop.blob([UInt8](repeating: 0, count: Self.limit))
        }
        #expect(tooMuch?.code == .serialization)
        #expect(try await workshop.describe(name: "after", times: 1) == "after x1")
        // More than Python takes: it ends the connection at the header.
        options.maximumMessage = 200 << 20
        let greedy = try side.client.proxy((any Workshop).self, uri, options: options)
        let lost = await #expect(throws: LanternError.self) {
            try await greedy.blob([UInt8](repeating: 0, count: Self.limit + 1))
        }
        #expect(lost?.code == .connectionLost)
        #expect(try await greedy.describe(name: "after", times: 2) == "after x2")
        await side.close()
    }

    @Test(
        "D17 compression in both directions towards Python", arguments: PyroGeneration.allCases,
        SerializerFormat.allCases)
    func compressed(generation: PyroGeneration, format: SerializerFormat) async throws {
        let side = try await PythonSide(generation, config: ["COMPRESSION": "1"])
        var options = ProxyOptions(serializer: format)
        options.compression = true
        let workshop = try side.client.proxy(
            (any Workshop).self, "PYRO:workshop@\(side.location)", options: options)
        let text = (0..<20_000).map { "\($0) lanterns" }.joined(separator: ", ")
        #expect(try await workshop.long(text) == text)
        #expect(try await workshop.describe(name: "short", times: 1) == "short x1")
        let error = await #expect(throws: RemoteError.self) {
            try await workshop.fail(kind: "builtins.ValueError", text: String(text.prefix(4_000)))
        }
        #expect(error?.message == String(text.prefix(4_000)))
        await side.close()
    }
}
