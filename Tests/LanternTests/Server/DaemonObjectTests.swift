import Lantern
import LanternTrust
import LanternValue
import LanternWire
import Testing

/// `Pyro.Daemon`, the object that every daemon has.
@Suite(.timeLimit(.minutes(2)))
struct DaemonObjectTests {
    private func allow(_ objects: [String], _ methods: [String] = ["*"]) -> PolicyRule {
        PolicyRule(.allow, identities: ["*"], objects: objects, methods: methods)
    }

    private func daemonObject(_ loopback: Loopback) throws -> DynamicProxy {
        try loopback.client.dynamicProxy("PYRO:Pyro.Daemon@\(loopback.daemon.location)")
    }

    @Test("everyone who is authenticated may ping and ask for metadata, nothing more")
    func openMethods() async throws {
        let loopback = try await Loopback(rules: [allow(["counter"])])
        let daemon = try daemonObject(loopback)
        #expect(try await daemon.call("ping") == .none)
        #expect(
            try await daemon.remote.members().methods
                == ["ping", "get_metadata", "get_next_stream_item", "close_stream"])
        for method in ["registered", "info", "shutdown"] {
            let error = await #expect(throws: RemoteError.self) { try await daemon.call(method) }
            #expect(error?.type == "Pyro5.errors.SecurityError", "\(method)")
        }
        await loopback.close()
    }

    @Test("a deny rule closes even those")
    func denied() async throws {
        let loopback = try await Loopback(rules: [
            allow(["counter"]),
            PolicyRule(.deny, identities: ["*"], objects: ["Pyro.Daemon"], methods: ["*"]),
        ])
        let daemon = try daemonObject(loopback)
        let error = await #expect(throws: LanternError.self) { try await daemon.call("ping") }
        #expect(error?.code == .connectionRefused)
        #expect(error?.detail.hasSuffix("unknown object") == true)
        #expect(try await loopback.dynamic().call("add", 1) == 1)
        await loopback.close()
    }

    @Test("registered lists the objects that the caller may see")
    func registered() async throws {
        let loopback = try await Loopback(rules: [
            allow(["counter", "Pyro.Daemon"]), allow(["empty"], ["nothing"]),
        ])
        for id in ["hidden", "empty"] {
            try await loopback.daemon.register(CounterService(), as: (any Counter).self, id: id)
        }
        let daemon = try daemonObject(loopback)
        #expect(try await daemon.call("registered") == .list(["Pyro.Daemon", "counter"]))
        #expect(try await daemon.call("info").textValue?.hasSuffix("4 objects") == true)
        await loopback.close()
    }

    @Test("metadata comes as sets or as lists, and not of what the caller may not see")
    func metadata() async throws {
        let loopback = try await Loopback(rules: [allow(["counter"], ["add", "total"])])
        try await loopback.daemon.register(CounterService(), as: (any Counter).self, id: "hidden")
        let daemon = try daemonObject(loopback)
        let lists = try await daemon.call("get_metadata", "counter", true)
        #expect(lists["methods"] == .list(["add"]))
        #expect(lists["attrs"] == .list(["total"]))
        #expect(lists["oneway"] == .list([]))
        #expect(try await daemon.call("get_metadata", keywords: ["objectId": "counter"])["methods"] != nil)
        for arguments: [Value] in [["hidden"], ["missing"], [5]] {
            let error = await #expect(throws: RemoteError.self) {
                try await daemon.call("get_metadata", arguments: arguments)
            }
            #expect(error?.message == "unknown object")
        }
        for arguments: [Value] in [[], ["counter", true, 3]] {
            let error = await #expect(throws: RemoteError.self) {
                try await daemon.call("get_metadata", arguments: arguments)
            }
            #expect(error?.type == "builtins.TypeError")
        }
        await loopback.close()
    }
}
