import InMemoryTracing
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing
import Tracing

@testable import Lantern

/// Spans of calls at both ends, and that they belong together.
@Suite(.timeLimit(.minutes(2)))
struct TracedCallTests {
    private let there = W3CTracer()
    private let here = W3CTracer(state: "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")

    private func loopback(
        _ options: ObjectOptions = .init(), rules: [PolicyRule] = [Loopback.allowAll]
    ) async throws -> Loopback {
        try await Loopback(
            rules: rules, options: options, adjust: { $0.tracer = there }, adjustClient: { $0.tracer = here })
    }

    @Test(
        "the server's span is a child of the client's, and that of the one around the call",
        arguments: [ObjectOptions.Execution.concurrent, .onLoop])
    func parents(_ execution: ObjectOptions.Execution) async throws {
        let loopback = try await loopback(ObjectOptions(execution: execution))
        let outer = here.startSpan("outer")
        let sum = try await ServiceContext.withValue(outer.context) { try await loopback.counter().add(2) }
        outer.end()
        #expect(sum == 2)
        await loopback.close()
        let client = try #require(here.base.finishedSpans.first { $0.operationName == "counter/add" })
        let server = try #require(there.base.finishedSpans.first { $0.operationName == "counter/add" })
        #expect(client.kind == .client && server.kind == .server)
        #expect(client.parentSpanID == outer.spanID && client.traceID == outer.traceID)
        #expect(server.parentSpanID == client.spanID && server.traceID == client.traceID)
        #expect(server.context.traceState == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7")
        #expect(
            client.attributes.get("rpc.system") == "lantern" && client.attributes.get("rpc.method") == "add")
        #expect(server.attributes.get("rpc.service") == "counter")
        #expect(server.attributes.get("lantern.peer.identity") == "spiffe://lantern.test/client")
        #expect(client.status == nil && server.status == nil)
    }

    @Test("the method runs inside of the server's span, and what it calls is of the same trace")
    func inside() async throws {
        let loopback = try await loopback()
        let tracer = there
        let daemon = loopback.daemon
        try await daemon.register(
            dynamic: Lab([
                "relay": { [weak daemon] _ in
                    let client = try #require(daemon?.client)
                    let proxy = try client.dynamicProxy("PYRO:Pyro.Daemon@\(daemon?.location ?? "")")
                    tracer.startSpan("work").end()
                    do { _ = try await proxy.call("nothing") } catch {}
                    return .value(.none)
                }
            ]), id: "lab")
        let lab = try loopback.client.dynamicProxy("PYRO:lab@\(daemon.location)")
        try await lab.call("relay")
        await loopback.close()
        let spans = there.base.finishedSpans
        let server = try #require(spans.first { $0.operationName == "lab/relay" })
        for name in ["work", "Pyro.Daemon/nothing"] {
            let span = try #require(spans.first { $0.operationName == name })
            #expect(span.parentSpanID == server.spanID && span.traceID == server.traceID)
        }
    }

    @Test("errors: both spans say so, with the type and no text")
    func errors() async throws {
        let loopback = try await loopback()
        await #expect(throws: RemoteError.self) { try await loopback.counter().fail(with: "a secret") }
        await loopback.close()
        let spans = here.base.finishedSpans + there.base.finishedSpans
        #expect(spans.count == 2)
        for span in spans {
            #expect(span.status?.code == .error && span.status?.message == nil && span.errors.isEmpty)
            #expect(!"\(span.attributes)".contains("secret"))
        }
        #expect(here.base.finishedSpans.first?.attributes.get("error.type") == "builtins.KeyError")
    }

    @Test("a refused call has a client's span with an error, and none at the server")
    func refused() async throws {
        let deny = PolicyRule(.deny, identities: ["*"], objects: ["counter"], methods: ["add"])
        let loopback = try await loopback(rules: [deny, Loopback.allowAll])
        await #expect(throws: (any Error).self) { try await loopback.counter().add(1) }
        await loopback.close()
        #expect(here.base.finishedSpans.first?.status?.code == .error)
        #expect(there.base.finishedSpans.isEmpty)
    }

    @Test("batches, one-way calls, attributes and cancelled calls have spans that end")
    func kinds() async throws {
        let loopback = try await loopback()
        let proxy = try loopback.dynamic()
        var batch = proxy.batch()
        batch.add("add", 1)
        batch.add("add", 2)
        _ = try await batch.run()
        try await proxy.oneway("note", arguments: ["x"])
        try await loopback.gate.wait("x")
        let waiting = Task { try await loopback.counter().wait() }
        try await loopback.gate.wait("waiting")
        waiting.cancel()
        _ = await waiting.result
        await loopback.close()
        let names = Set(here.base.finishedSpans.map(\.operationName))
        #expect(names == ["counter/<batch>", "counter/note", "counter/wait"])
        #expect(here.base.activeSpans.isEmpty && there.base.activeSpans.isEmpty)
        #expect(Set(there.base.finishedSpans.map(\.operationName)) == names)
    }

    @Test("without a tracer nothing travels, and what comes is passed over")
    func untraced() async throws {
        let silent = try await Loopback(adjustClient: { $0.tracer = NoOpTracer() })
        #expect(silent.client.tracer == nil && silent.daemon.core.tracer == nil)
        #expect(try await silent.counter().add(1) == 1)
        await silent.close()
        let halfway = try await Loopback(adjustClient: { $0.tracer = here })
        #expect(try await halfway.counter().add(1) == 1)
        await halfway.close()
        #expect(here.base.finishedSpans.count == 1)
    }

    @Test(
        "a parent that breaks the rules, or none, begins a trace of its own; baggage is not read",
        arguments: [
            nil, "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "nonsense",
            String(repeating: "0", count: 10_000),
        ] as [String?])
    func hostileParent(_ parent: String?) async throws {
        let loopback = try await loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        var call = try RawEnd.call("add", [.int(1)])
        call.annotations[.traceParent] = parent.map { ByteBuffer(string: $0) }
        call.annotations[.traceState] = ByteBuffer(string: "a=b")
        try await peer.send(call)
        #expect(try #require(await peer.next()).value() == 1)
        await peer.close()
        await loopback.close()
        let span = try #require(there.base.finishedSpans.first)
        #expect(span.parentSpanID == nil && span.context.traceState == nil)
    }

    @Test("a Pyro peer's call goes on with the trace that it names, and Pyro peers are sent nothing")
    func pyroPeer() async throws {
        let loopback = try await loopback()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.authenticate()
        var call = try RawEnd.call("add", [.int(1)])
        call.annotations[.traceParent] = ByteBuffer(
            string: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")
        try await peer.send(call)
        let answer = try #require(await peer.next())
        #expect(answer.annotations[.traceParent] == nil)
        await peer.close()
        await loopback.close()
        let span = try #require(there.base.finishedSpans.first)
        #expect(span.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" && span.parentSpanID == "00f067aa0ba902b7")
    }
}
