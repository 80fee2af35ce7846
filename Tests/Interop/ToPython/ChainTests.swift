import Lantern
import LanternTesting
import Testing

/// Lantern programs between Python programs, slow ones, and ones with Pyro4's old keys.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct ChainTests {
    /// Hands a question on to a Python object.
    private struct Relay: DynamicObject {
        let python: DynamicProxy
        let members = DynamicMembers(methods: ["correlation"])

        func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
            .value([
                .text(CallContext.current?.correlationID ?? "none"), try await python.call(member),
            ])
        }
    }

    @Test(
        "H6 A14 correlation id: a call that is handed on keeps its id, from Lantern into Python",
        arguments: PyroGeneration.allCases, PyroGeneration.allCases)
    func correlation(first: PyroGeneration, second: PyroGeneration) async throws {
        let python = try await PythonSide(second)
        let side = try await LanternSide()
        let relay = try await side.daemon.register(
            dynamic: Relay(python: try python.dynamic("workshop")), id: "relay")
        let client = try Client(settings: Settings.load(side.home))
        let proxy = try client.dynamicProxy(relay.description, options: ProxyOptions(generation: first))
        let ids = try #require(await proxy.call("correlation").elements?.compactMap(\.textValue))
        try #require(ids.count == 2)
        #expect(ids[0] == ids[1] && ids[0].count == 36)
        // Each call from outside has an id of its own.
        let others = try await proxy.call("correlation").elements?.compactMap(\.textValue) ?? []
        #expect(others.count == 2 && others[0] == others[1] && others[0] != ids[0])
        await client.shutdown()
        await side.daemon.shutdown()
        await python.close()
    }

    @Test(
        "F1 client timeout: a Python method that takes too long is given up, and the next call connects again",
        arguments: PyroGeneration.allCases)
    func timeout(generation: PyroGeneration) async throws {
        let side = try await PythonSide(generation)
        let workshop = try side.workshop()
        #expect(try await workshop.add(1) == 1)
        let error = await #expect(throws: LanternError.self) {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .seconds(0.3))) {
                _ = try await workshop.noted("late")
            }
        }
        #expect(error?.code == .timeout)
        // Pyro goes on working there, and its late answer is lost with the connection.
        try await workshop.note("late")
        #expect(try await workshop.noted("late"))
        #expect(try await workshop.add(1) == 2)
        await side.close()
    }

    @Test("I4 HMAC key: messages that are signed with one are refused at both ends, in words that say so")
    func hmac() async throws {
        let side = try await LanternSide()
        let client = try PythonProcess(
            "plain_client.py", home: side.home, side.echo, "hmac", generation: .pyro4)
        let fate = await client.finish()
        #expect(fate.output.last?.hasPrefix("REFUSED") == true, "\(fate)")
        #expect(fate.output.last?.contains("hmac key config not symmetric") == true, "\(fate)")
        await side.daemon.shutdown()

        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"])
        let server = try PythonProcess("server.py", home: homes[0], "0", "hmac", generation: .pyro4)
        let location = try await server.ready()
        let caller = try PythonSide.client(homes[1])
        for generation in [nil, PyroGeneration.pyro4] {
            let error = await #expect(throws: LanternError.self) {
                try await caller.dynamicProxy(
                    "PYRO:echo@\(location)", options: ProxyOptions(generation: generation)
                ).call("echo", 1)
            }
            #expect(error?.code == .protocolViolation)
            #expect(error?.description.contains("HMAC key") == true, "\(error?.description ?? "")")
        }
        await caller.shutdown()
        await server.stop()
    }
}
