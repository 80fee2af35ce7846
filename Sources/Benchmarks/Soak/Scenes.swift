import Lantern
import LanternValue
import NIOCore
import NIOPosix

/// One client's life: scene after scene, each in a way that is known beforehand.
struct Scenes: Sendable {
    let client: Client
    let uri: String
    let port: Int
    let tally: Tally
    let seed: UInt64
    /// Only scenes whose name holds this; all when empty.
    var only = ""

    /// A scene, and how many calls it makes.
    private typealias Scene = @Sendable (Scenes, any Soak) async throws -> Int

    struct Surprise: Error, CustomStringConvertible {
        let description: String
    }

    private static let all: [(name: String, play: Scene)] = [
        ("calls", { try await $0.calls($1) }), ("large", { try await $0.large($1) }),
        ("reconnect", { scenes, _ in try await scenes.reconnect() }),
        ("torn connection", { scenes, _ in try await scenes.tear() }),
        ("stranger", { scenes, _ in try await scenes.stranger() }),
        ("error", { try await $0.error($1) }), ("annotations", { try await $0.annotations($1) }),
        ("refusal", { try await $0.refusal($1) }),
        ("cancellation", { try await $0.cancellation($1) }), ("timeout", { try await $0.timeout($1) }),
        ("batch", { scenes, _ in try await scenes.batch() }),
        ("pushed stream", { try await $0.stream($1) }),
        ("pushed stream, abandoned", { try await $0.abandonedStream($1) }),
        ("pushed stream, broken", { try await $0.brokenStream($1) }),
        ("pulled stream", { scenes, _ in try await scenes.pulled(abandoned: false) }),
        ("pulled stream, abandoned", { scenes, _ in try await scenes.pulled(abandoned: true) }),
        ("stream as argument", { try await $0.upload($1) }),
        ("stream as argument, abandoned by the server", { try await $0.abandonedUpload($1) }),
        ("stream as argument, cancelled", { try await $0.cancelledUpload($1) }),
        ("streams both ways", { try await $0.both($1) }),
        ("callback", { try await $0.callback($1) }),
        ("callback, cancelled", { try await $0.cancelledCallback($1) }),
    ]

    func play(until end: ContinuousClock.Instant) async {
        var choice = Choice(state: seed)
        var shared = try? proxy()
        var uses = 0
        let scenes = Self.all.filter { only.isEmpty || $0.name.contains(only) }
        guard !scenes.isEmpty else { return }
        while ContinuousClock.now < end {
            let scene = scenes[choice.next() % scenes.count]
            do {
                guard let soak = shared else { throw Surprise(description: "no proxy") }
                tally.played(scene.name, calls: try await scene.play(self, soak))
            } catch {
                tally.wentOtherwise(scene.name, "\(error)")
            }
            uses += 1
            if uses.isMultiple(of: 200) { shared = try? proxy() }
        }
    }

    private func proxy(_ adjust: (inout ProxyOptions) -> Void = { _ in }) throws -> any Soak {
        var options = client.settings.proxies
        adjust(&options)
        return try client.proxy((any Soak).self, uri, options: options)
    }

    private func expect(_ isSo: Bool, _ what: String) throws {
        if !isSo { throw Surprise(description: what) }
    }

    // MARK: - Calls

    private func calls(_ soak: any Soak) async throws -> Int {
        for number in 0..<50 { try expect(try await soak.add(number, to: 1) == number + 1, "a wrong sum") }
        try await soak.note("a line")
        return 51
    }

    private func large(_ soak: any Soak) async throws -> Int {
        let data = [UInt8](repeating: 9, count: 300_000)
        try expect(try await soak.echo(data) == data, "other bytes")
        return 1
    }

    private func batch() async throws -> Int {
        var batch = try client.dynamicProxy(uri).batch()
        for number in 0..<20 { batch.add("add", .int(Int64(number)), 1) }
        batch.add("fail", "in a batch")
        let results = try await batch.run()
        try expect(results.count == 21, "\(results.count) results")
        return 21
    }

    private func error(_ soak: any Soak) async throws -> Int {
        do {
            try await soak.fail("as asked")
        } catch let error as RemoteError {
            try expect(error.message == "as asked", error.message)
            return 1
        }
        throw Surprise(description: "no error came")
    }

    /// What the daemon says with every answer, errors too.
    private func annotations(_ soak: any Soak) async throws -> Int {
        let response = CallResponse()
        try await ProxyOptions.$current.withValue(CallOptions(response: response)) {
            _ = try await soak.add(1, to: 1)
            try expect(response.annotations["SOAK"] == Array("add".utf8), "no annotation of a result")
            do { try await soak.fail("as asked") } catch is RemoteError {}
        }
        try expect(response.annotations["SOAK"] == Array("fail".utf8), "no annotation of an error")
        return 2
    }

    private func refusal(_ soak: any Soak) async throws -> Int {
        do {
            try await soak.forbidden()
        } catch let error as RemoteError where error.type == "Pyro5.errors.SecurityError" {
            return 1
        }
        throw Surprise(description: "it was allowed")
    }

    private func cancellation(_ soak: any Soak) async throws -> Int {
        let call = Task { try await soak.wait() }
        _ = try await soak.add(1, to: 1)
        call.cancel()
        switch await call.result {
        case .failure(is CancellationError): return 2
        case .failure(let error): throw error
        case .success: throw Surprise(description: "it ended by itself")
        }
    }

    private func timeout(_ soak: any Soak) async throws -> Int {
        do {
            try await ProxyOptions.$current.withValue(CallOptions(timeout: .milliseconds(30))) {
                try await soak.wait()
            }
        } catch let error as LanternError where error.code == .timeout {
            return 1
        }
        throw Surprise(description: "it ended by itself")
    }

    // MARK: - Connections

    private func reconnect() async throws -> Int {
        for _ in 0..<3 {
            let soak = try proxy()
            try expect(try await soak.add(2, to: 2) == 4, "a wrong sum")
        }
        return 3
    }

    /// The client goes in the middle of its calls and streams.
    private func tear() async throws -> Int {
        let soak = try proxy()
        guard let remote = RemoteProxy.of(soak) else { throw Surprise(description: "no proxy") }
        var iterator = try await soak.endless(1_000).makeAsyncIterator()
        _ = try await iterator.next()
        async let waiting: Void = soak.wait()
        _ = try await soak.add(1, to: 1)
        remote.close()
        do {
            try await waiting
        } catch {
            return 3
        }
        throw Surprise(description: "a call survived its connection")
    }

    /// Connects without a certificate, says nonsense, or nothing at all, and goes.
    private func stranger() async throws -> Int {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try? await channel.writeAndFlush(ByteBuffer(bytes: [22, 3, 1, 0, 200, 1, 0, 0])).get()
        try? await channel.close().get()
        return 0
    }

    // MARK: - Streams

    private func stream(_ soak: any Soak) async throws -> Int {
        var sum = 0
        for try await number in try await soak.numbers(upTo: 2_000) { sum += number }
        try expect(sum == 1_999_000, "the sum is \(sum)")
        return 1
    }

    private func abandonedStream(_ soak: any Soak) async throws -> Int {
        var count = 0
        for try await item in try await soak.endless(5_000) {
            count += item.count
            if count > 50_000 { break }
        }
        return 1
    }

    private func brokenStream(_ soak: any Soak) async throws -> Int {
        var read = 0
        do {
            for try await _ in try await soak.broken(after: 20) { read += 1 }
        } catch let error as RemoteError {
            try expect(read == 20 && error.message == "broken", "\(read) and \(error.message)")
            return 1
        }
        throw Surprise(description: "it ended well")
    }

    private func pulled(abandoned: Bool) async throws -> Int {
        let soak = try proxy { $0.streamDelivery = .pulled }
        var read = 0
        for try await _ in try await soak.numbers(upTo: 20) {
            read += 1
            if abandoned, read == 3 { break }
        }
        try expect(read == (abandoned ? 3 : 20), "\(read) items")
        return read + 2
    }

    private func upload(_ soak: any Soak) async throws -> Int {
        let sum = try await soak.sum(RemoteStream(0..<2_000))
        try expect(sum == 1_999_000, "the sum is \(sum)")
        return 1
    }

    private func abandonedUpload(_ soak: any Soak) async throws -> Int {
        let read = try await soak.first(5, of: RemoteStream(unfolding: { 1 }))
        try expect(read == 5, "\(read) read")
        return 1
    }

    private func cancelledUpload(_ soak: any Soak) async throws -> Int {
        let call = Task { try await soak.sum(RemoteStream(unfolding: { 1 })) }
        for _ in 0..<5 { _ = try await soak.add(1, to: 1) }
        call.cancel()
        if case .success = await call.result { throw Surprise(description: "an endless sum came") }
        return 6
    }

    private func both(_ soak: any Soak) async throws -> Int {
        var sum = 0
        for try await number in try await soak.doubled(RemoteStream(0..<500)) { sum += number }
        try expect(sum == 249_500, "the sum is \(sum)")
        return 1
    }

    // MARK: - Callbacks

    private func callback(_ soak: any Soak) async throws -> Int {
        let listener = Listener()
        try expect(try await soak.ask(listener, times: 10) == 55, "other answers")
        RemoteProxy.of(soak)?.withdraw(listener)
        return 11
    }

    private func cancelledCallback(_ soak: any Soak) async throws -> Int {
        let listener = Listener()
        let call = Task { try await soak.waitFor(listener) }
        _ = try await soak.add(1, to: 1)
        call.cancel()
        if case .success = await call.result { throw Surprise(description: "it ended by itself") }
        RemoteProxy.of(soak)?.withdraw(listener)
        return 3
    }
}

/// The same numbers for the same seed: SplitMix64.
private struct Choice {
    var state: UInt64

    mutating func next() -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) >> 33)
    }
}
