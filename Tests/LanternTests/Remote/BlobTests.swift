import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Arguments that are passed on unread.
@Suite(.timeLimit(.minutes(2)))
struct BlobTests {
    @Test(
        "D13 a blob arrives with its info, and its data are read when asked for",
        arguments: SerializerFormat.allCases)
    func blob(format: SerializerFormat) async throws {
        for generation in [PyroGeneration.pyro5, .pyro4] {
            let side = try await DeskSide()
            let desk = try side.desk(ProxyOptions(serializer: format, generation: generation))
            let blob = SerializedBlob(info: ["weight": 10], data: [1, 2, 3])
            #expect(try await desk.process(blob) == 13)
            #expect(try blob.deserialized() == [1, 2, 3])
            try await desk.drop(SerializedBlob(info: ["a", 5, nil], data: "text"))
            try await side.gate.wait("dropped")
            #expect(await side.service.dropped.first?.elements == ["a", 5, nil])
            let dynamic = try side.dynamic(ProxyOptions(serializer: format, generation: generation))
            #expect(try await dynamic.call("process", blob: SerializedBlob(info: nil, data: .map([]))) == 0)
            #expect(try await desk.fixed == 7)
            await side.close()
        }
    }

    @Test(
        "D13 a dispatcher passes the bytes on, and the last hop reads them",
        arguments: SerializerFormat.allCases)
    func dispatcher(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let last = DeskService(gate: side.gate)
        let uri = try await side.loopback.daemon.register(
            last, as: (any Desk).self, id: "last", options: ObjectOptions(acceptsForwardedBlobs: true))
        // The next proxy has another serializer: the blob keeps its own.
        let other: SerializerFormat = format == .json ? .msgpack : .json
        let next = try side.loopback.client.proxy(
            (any Desk).self, uri.description, options: ProxyOptions(serializer: other))
        await side.service.passOn(to: next)
        let desk = try side.desk(ProxyOptions(serializer: format))
        let blob = SerializedBlob(info: ["weight": 20], data: ["x", "y"])
        #expect(try await desk.pass(blob) == 22)
        await side.close()
    }

    @Test("a blob that was made for another object or method is refused unless the object takes such")
    func forwarded() async throws {
        let side = try await DeskSide()
        await side.service.passOn(to: try side.desk())
        let error = await #expect(throws: RemoteError.self) {
            try await side.desk().pass(SerializedBlob(info: nil, data: []))
        }
        #expect(error?.message.contains("another object or method") == true)
        await side.close()
    }

    @Test("a blob of one Pyro generation is not passed on in the other")
    func generations() async throws {
        let side = try await DeskSide(options: ObjectOptions(acceptsForwardedBlobs: true))
        await side.service.passOn(to: try side.desk(ProxyOptions(generation: .pyro4)))
        let error = await #expect(throws: RemoteError.self) {
            try await side.desk().pass(SerializedBlob(info: nil, data: []))
        }
        #expect(error?.message.contains("cannot be passed on") == true)
        await side.close()
    }

    @Test("methods that take no blob refuse one, methods that take one refuse anything else")
    func wrongMethods() async throws {
        let side = try await DeskSide()
        let dynamic = try side.dynamic()
        let blob = SerializedBlob(info: nil, data: [5])
        for method in ["optional", "__len__", "tag", "problem"] {
            let error = await #expect(throws: RemoteError.self) { try await dynamic.call(method, blob: blob) }
            #expect(error?.type == "builtins.TypeError", "\(method)")
        }
        for method in ["__getattr__", "__setattr__", "<batch>", "nothing", ""] {
            await #expect(throws: RemoteError.self) { try await dynamic.call(method, blob: blob) }
        }
        let error = await #expect(throws: RemoteError.self) { try await dynamic.call("process", [1, 2]) }
        #expect(error?.type == "builtins.TypeError")
        let lab = Lab(["plain": { .value(.int(Int64($0.positional.count))) }])
        let uri = try await side.loopback.daemon.register(dynamic: lab, id: "lab")
        let proxy = try side.loopback.client.dynamicProxy(uri.description)
        await #expect(throws: RemoteError.self) { try await proxy.call("plain", blob: blob) }
        #expect(try await proxy.call("plain") == 0)
        await side.close()
    }

    @Test("info that marshal has no form for, or too much of it, is an error before anything is sent")
    func unfitInfo() async throws {
        let side = try await DeskSide()
        let desk = try side.desk()
        for info: Value in [.dateTime(0), .bytes([UInt8](repeating: 0, count: BlobCall.maximumAnnotation))] {
            await #expect(throws: (any Error).self) {
                try await desk.process(SerializedBlob(info: info, data: []))
            }
        }
        #expect(try await desk.fixed == 7)
        await side.close()
    }

    // MARK: - What a hostile peer sends

    private func frame(
        _ annotation: [UInt8]?, body: (object: String, method: String) = ("desk", "process"),
        data: Value = [1]
    ) throws -> Frame {
        let payload = try CallWriter.body(
            format: .msgpack, object: body.object, method: body.method, data: data)
        var frame = Frame(
            version: .v502, type: .invoke, flags: .keepSerialized, sequence: 1, serializer: .msgpack,
            payload: ByteBuffer(bytes: payload))
        frame.annotations[.blob] = annotation.map { ByteBuffer(bytes: $0) }
        return frame
    }

    @Test("the policy judges the names outside of the bytes, and names that disagree are refused")
    func judged() async throws {
        let rules = [PolicyRule(.allow, identities: ["*"], objects: ["desk"], methods: ["process", "fixed"])]
        let side = try await DeskSide(rules: rules)
        let peer = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        try await peer.authenticate(object: "desk")
        let asked = try BlobCall.annotation(info: nil, object: "desk", method: "process")
        try await peer.send(frame(asked))
        #expect(try #require(await peer.next()).value() == 1)
        // Outside an allowed name, inside one that is not: nothing runs.
        try await peer.send(frame(asked, body: ("desk", "drop")))
        #expect(try #require(await peer.next()).exception().message.contains("another object or method"))
        try await peer.send(frame(asked, body: ("other", "process")))
        #expect(try #require(await peer.next()).exception().message.contains("another object or method"))
        // Inside an allowed name, outside one that is not.
        let other = try BlobCall.annotation(info: nil, object: "desk", method: "pass")
        try await peer.send(frame(other))
        #expect(try #require(await peer.next()).exception().className == "Pyro5.errors.SecurityError")
        let unknown = try BlobCall.annotation(info: nil, object: "counter", method: "process")
        try await peer.send(frame(unknown, body: ("counter", "process")))
        #expect(try #require(await peer.next()).exception().message == "unknown object")
        #expect(await side.service.dropped.isEmpty)
        await peer.close()
        await side.close()
    }

    @Test("annotations that are no info of a blob are refused, and the connection stays")
    func malformed() async throws {
        let side = try await DeskSide()
        let peer = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        try await peer.authenticate(object: "desk")
        let good = try BlobCall.annotation(info: "info", object: "desk", method: "process")
        var bad: [[UInt8]?] = [
            nil, [], [0xFF], Array("nonsense".utf8), Array(good.dropLast()),
        ]
        for parts: [Value] in [
            [], ["a"], ["a", "desk"], ["a", "desk", "process", 1], ["a", 5, "process"], ["a", "desk", nil],
        ] {
            bad.append(try encode(.tuple(parts), as: .marshal))
        }
        let deep = (0..<100).reduce(Value.none) { inner, _ in .list([inner]) }
        bad.append(try encode(.tuple([deep, "desk", "process"]), as: .marshal))
        bad.append(good + [UInt8](repeating: 0, count: BlobCall.maximumAnnotation))
        for length in good.indices { bad.append(Array(good.prefix(length))) }
        for annotation in bad {
            try await peer.send(frame(annotation))
            _ = try #require(await peer.next()).exception()
        }
        // A batch and a blob at once.
        var batch = try frame(good)
        batch.flags.insert(.batch)
        try await peer.send(batch)
        _ = try #require(await peer.next()).exception()
        // The data are no data: found by who reads them.
        var broken = try frame(good)
        let bytes = Array(broken.payload.readableBytesView.dropLast(2)) + [0xC1, 0xC1]
        broken.payload = ByteBuffer(bytes: bytes)
        try await peer.send(broken)
        _ = try #require(await peer.next()).exception()
        try await peer.send(frame(good))
        #expect(try #require(await peer.next()).value() == 1)
        await peer.close()
        await side.close()
    }
}
