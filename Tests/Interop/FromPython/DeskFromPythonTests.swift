import Lantern
import Testing

/// What lies beside calls, from a stock Pyro5 client to Lantern.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct DeskFromPythonTests {
    @Test(
        "A5 A6 C11 D10 D13 D15 E7 E9 H2 H3 H5 H6 attributes, blobs, annotations, errors and classes",
        arguments: SerializerFormat.allCases)
    func everything(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let (process, desk, _) = try await side.python(format)
        await side.service.passOn(to: desk)
        let client = try PythonProcess("desk_client.py", home: side.pythonHome, side.desk, format.rawValue)
        await client.finish().expectAllCases()
        await process.stop()
        await side.daemon.shutdown()
    }

    @Test("F8 a client that is killed has its resources closed")
    func killed() async throws {
        let side = try await DeskSide()
        let client = try PythonProcess("hold.py", home: side.pythonHome, side.desk)
        #expect(try await client.ready() == "held")
        await client.stop()
        var closed: String?
        for await name in side.service.closed {
            closed = name
            break
        }
        #expect(closed == "python")
        await side.daemon.shutdown()
    }
}
