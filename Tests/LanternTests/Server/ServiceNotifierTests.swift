import Foundation
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import Lantern

struct ServiceNotifierTests {
    @Test(
        "without a socket, or with what is none, nobody is told", arguments: [nil, "", "@", "relative/path"])
    func noSocket(_ name: String?) {
        #expect(ServiceNotifier(environment: name.map { ["NOTIFY_SOCKET": $0] } ?? [:], group: nil) == nil)
    }

    @Test("each state is one datagram")
    func states() throws {
        let manager = try Manager()
        let notifier = try #require(ServiceNotifier(environment: manager.environment, group: nil))
        try notifier.notify(.ready)
        try notifier.notify(.status("two\nlines"))
        try notifier.notify(.watchdog)
        try notifier.notify(.stopping)
        for expected in ["READY=1", "STATUS=two lines", "WATCHDOG=1", "STOPPING=1"] {
            #expect(manager.next() == expected)
        }
    }

    @Test("a name in the abstract name space is one too")
    func abstract() throws {
        let manager = try Manager(isAbstract: true)
        let notifier = try #require(ServiceNotifier(environment: manager.environment, group: nil))
        try notifier.notify(.ready)
        #expect(manager.next() == "READY=1")
    }

    @Test("a manager that is gone is an error with a reason, and ends nothing")
    func gone() throws {
        let notifier = try #require(
            ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nowhere/at/all"], group: nil))
        #expect(throws: LanternError.self) { try notifier.notify(.ready) }
    }

    @Test("the watchdog's time is halved, and another process's is not ours")
    func interval() throws {
        let socket = ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "3000000"]
        #expect(ServiceNotifier(environment: socket, group: nil)?.interval == .milliseconds(1_500))
        let other = socket.merging(["WATCHDOG_PID": "1"]) { $1 }
        #expect(try #require(ServiceNotifier(environment: other, group: nil)).interval == nil)
        let absurd = ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "-3"]
        #expect(try #require(ServiceNotifier(environment: absurd, group: nil)).interval == nil)
    }

    @Test("ready, alive and stopping, in this order")
    func life() async throws {
        let manager = try Manager()
        let environment = manager.environment.merging(["WATCHDOG_USEC": "20000"]) { $1 }
        let notifier = try #require(
            ServiceNotifier(environment: environment, group: MultiThreadedEventLoopGroup.singleton))
        let group = ServiceGroup(services: [notifier], logger: Logger(label: "test"))
        let running = Task { try await group.run() }
        #expect(manager.next() == "READY=1")
        #expect(manager.next() == "WATCHDOG=1")
        #expect(manager.next() == "WATCHDOG=1")
        await group.triggerGracefulShutdown()
        try await running.value
        var last: String?
        while let next = manager.next(within: 0) { last = next }
        #expect(last == "STOPPING=1")
    }

    @Test("a program whose event loop hangs gives no sign of life")
    func hanging() async throws {
        let manager = try Manager()
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let release = DispatchSemaphore(value: 0)
        let isHanging = AsyncStream<Void>.makeStream()
        loops.next().execute {
            isHanging.continuation.yield()
            release.wait()
        }
        for await _ in isHanging.stream { break }
        let environment = manager.environment.merging(["WATCHDOG_USEC": "20000"]) { $1 }
        let notifier = try #require(ServiceNotifier(environment: environment, group: loops))
        let running = Task { try await notifier.run() }
        #expect(manager.next() == "READY=1")
        // Ten times the time that it has.
        #expect(manager.next(within: 200) == nil)
        release.signal()
        #expect(manager.next() == "WATCHDOG=1")
        running.cancel()
        _ = await running.result
        try await loops.shutdownGracefully()
    }
}

/// What systemd is to a service: a datagram socket.
private final class Manager {
    private let descriptor: CInt
    private let directory: String?
    let environment: [String: String]

    init(isAbstract: Bool = false) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        let path: String
        if isAbstract {
            directory = nil
            path = "\0lantern-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        } else {
            let made = FileManager.default.temporaryDirectory.appending(
                path: "n\(UInt32.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
            directory = made.path()
            path = made.path() + "/s"
        }
        environment = ["NOTIFY_SOCKET": isAbstract ? "@" + path.dropFirst() : path]
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        try #require(bytes.count < 108)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(result == 0)
    }

    deinit {
        close(descriptor)
        if let directory { try? FileManager.default.removeItem(atPath: directory) }
    }

    /// - Parameter milliseconds: how long to wait for it; ten seconds are long enough for any machine.
    func next(within milliseconds: Int32 = 10_000) -> String? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1_024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
