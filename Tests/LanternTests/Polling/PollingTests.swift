import Glibc
import LanternValue
import NIOCore
import NIOPosix
import Testing

@testable import Lantern

/// The latency mode at both ends of a connection.
@Suite(.timeLimit(.minutes(2)))
struct PollingTests {
    /// The pipes that the pollers of one end have open.
    private func pipes(_ pollers: Pollers?) async throws -> [UInt64] {
        var inodes: [UInt64] = []
        for bound in pollers?.known.withLock({ Array($0.values) }) ?? [] {
            let open = try await bound.eventLoop.submit { bound.value.ticker?.descriptors ?? [] }.get()
            for descriptor in open {
                var information = stat()
                if fstat(descriptor, &information) == 0 { inodes.append(UInt64(information.st_ino)) }
            }
        }
        return inodes
    }

    /// The inodes of all pipes of this process.
    private func allPipes() throws -> Set<UInt64> {
        guard let directory = opendir("/proc/self/fd") else { throw PlainError() }
        defer { closedir(directory) }
        var inodes: Set<UInt64> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var information = stat()
            guard let descriptor = CInt(name), fstat(descriptor, &information) == 0 else { continue }
            if information.st_mode & S_IFMT == S_IFIFO { inodes.insert(UInt64(information.st_ino)) }
        }
        return inodes
    }

    @Test("calls of every kind work while both ends poll", arguments: [1, 100, 1_000])
    func calls(microseconds: Int) async throws {
        let loopback = try await Loopback { $0.polling = .microseconds(microseconds) }
        var settings = loopback.caller
        settings.polling = .microseconds(microseconds)
        let client = try Client(settings: settings)
        let counter = try client.proxy((any Counter).self, loopback.uri)
        for number in 1...200 { #expect(try await counter.add(1) == number) }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<64 { group.addTask { try await counter.add(1) } }
            let totals = try await group.reduce(into: []) { $0.append($1) }
            #expect(totals.sorted() == Array(201...264))
        }
        let large = [UInt8](repeating: 7, count: 1 << 20)
        #expect(try await counter.echo(large) == large)
        var numbers = 0
        for try await number in try await counter.numbers(upTo: 1_000) { numbers += number }
        #expect(numbers > 0)
        await #expect(throws: (any Error).self) { try await counter.fail(with: "on purpose") }
        await client.shutdown()
        await loopback.close()
    }

    @Test("daemon and client close what they opened")
    func descriptors() async throws {
        let groups = [1, 1].map { MultiThreadedEventLoopGroup(numberOfThreads: $0) }
        let loopback = try await Loopback {
            $0.polling = .microseconds(100)
            $0.eventLoopGroup = groups[0]
        }
        var settings = loopback.caller
        settings.polling = .microseconds(100)
        settings.eventLoopGroup = groups[1]
        let client = try Client(settings: settings)
        #expect(try await pipes(client.pollers).isEmpty)
        let proxy = try client.dynamicProxy(loopback.uri)
        for _ in 0..<20 { _ = try await proxy.call("add", 1) }
        let open = try await pipes(client.pollers) + pipes(loopback.daemon.client.pollers)
        #expect(open.count == 4)
        #expect(try allPipes().isSuperset(of: open))
        await client.shutdown()
        await loopback.close()
        for group in groups { try await group.shutdownGracefully() }
        #expect(try allPipes().isDisjoint(with: open))
    }

    @Test("the end of the last connection closes the descriptors, not only a shutdown")
    func lastConnection() async throws {
        let loopback = try await Loopback { $0.polling = .microseconds(100) }
        let proxy = try loopback.client.dynamicProxy(loopback.uri)
        #expect(try await proxy.call("add", 1) == 1)
        let open = try await pipes(loopback.daemon.client.pollers)
        #expect(open.count == 2)
        proxy.remote.close()
        for _ in 0..<100_000 where try await !pipes(loopback.daemon.client.pollers).isEmpty {}
        #expect(try await pipes(loopback.daemon.client.pollers).isEmpty)
        #expect(try await loopback.dynamic().call("add", 1) == 2)
        await loopback.close()
    }

    @Test("without the setting there is nothing in the way of a connection")
    func off() async throws {
        let loopback = try await Loopback()
        #expect(loopback.client.pollers == nil)
        #expect(loopback.daemon.client.pollers == nil)
        #expect(try await loopback.dynamic().call("add", 1) == 1)
        await loopback.close()
    }

    static let limits: [(limit: Duration, isGood: Bool)] = [
        (.zero, false), (.microseconds(-1), false), (.nanoseconds(999), false), (.microseconds(1), true),
        (.milliseconds(1), true), (.nanoseconds(1_000_001), false), (.seconds(1), false),
    ]

    @Test("polling may last from one microsecond to one millisecond", arguments: limits)
    func bounds(limit: Duration, isGood: Bool) async throws {
        let loopback = try await Loopback()
        var (server, caller) = (loopback.server, loopback.caller)
        server.polling = limit
        caller.polling = limit
        if isGood {
            _ = try Client(settings: caller)
            await (try Daemon(settings: server)).shutdown()
        } else {
            let client = #expect(throws: LanternError.self) { try Client(settings: caller) }
            #expect(client?.code == .configuration)
            let daemon = await #expect(throws: LanternError.self) { try await Daemon(settings: server) }
            #expect(daemon?.code == .configuration)
            #expect(daemon?.detail.contains("microsecond") == true)
        }
        await loopback.close()
    }

    @Test("the least and the most that lantern.yaml takes are taken")
    func file() async throws {
        let loopback = try await Loopback()
        for (text, limit) in [("0.000001", Duration.microseconds(1)), ("0.001", .milliseconds(1))] {
            var settings = loopback.caller
            try SettingsFile.apply("latency: { poll: \(text) }", path: "lantern.yaml", to: &settings)
            #expect(settings.polling == limit)
            _ = try Client(settings: settings)
        }
        await loopback.close()
    }
}
