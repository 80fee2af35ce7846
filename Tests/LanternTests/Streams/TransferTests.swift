import Foundation
import Glibc
import Lantern
import LanternValue
import Testing

/// Files in chunks, both ways, in memory that does not grow with them.
///
/// `LANTERN_TRANSFER_BYTES` sets the size: `Scripts/transfer-test` sends 10 GiB.
@Suite(.serialized, .timeLimit(.minutes(30)))
struct TransferTests {
    private static let size = 64 << 10
    private static let total =
        ProcessInfo.processInfo.environment["LANTERN_TRANSFER_BYTES"].flatMap { Int($0) } ?? 256 << 20
    /// Memory that a transfer may add: windows and buffers, and what other tests do at the same time.
    private static let growth = 160 << 20

    private func residentBytes() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
        return try #require(fields.count > 1 ? Int(fields[1]) : nil) * sysconf(Int32(_SC_PAGESIZE))
    }

    private func report(_ what: String, _ start: ContinuousClock.Instant, growth: Int) {
        guard Self.total > 1 << 30 else { return }
        let seconds = start.duration(to: .now) / .seconds(1)
        print(
            "\(what): \(Self.total >> 20) MiB in \(Int(seconds)) s, \(Int(Double(Self.total >> 20) / seconds)) MiB/s,"
                + " memory grew by \(growth >> 20) MiB")
    }

    @Test("D19 a large file comes from the server in constant memory")
    func download() async throws {
        let loopback = try await Loopback()
        var options = ProxyOptions()
        options.timeout = .seconds(1_800)
        let (feed, service) = try await loopback.feed(options)
        let count = Self.total / Self.size
        let before = try residentBytes()
        var (received, most, ahead) = (0, 0, 0)
        let start = ContinuousClock.now
        for try await chunk in try await feed.download(count, of: Self.size) {
            guard chunk.count == Self.size, chunk[0] == UInt8(truncatingIfNeeded: received),
                chunk[Self.size - 1] == chunk[0]
            else { Issue.record("chunk \(received) is wrong"); break }
            received += 1
            ahead = max(ahead, service.made.count - received)
            if received.isMultiple(of: 64) { most = max(most, try residentBytes() - before) }
        }
        #expect(received == count)
        // The window, one item over it, and what waits for the connection.
        #expect(ahead * Self.size <= 3 << 20)
        #expect(most < Self.growth)
        report("download", start, growth: most)
        await loopback.close()
    }

    @Test("D19 a large file goes to the server in constant memory")
    func upload() async throws {
        let loopback = try await Loopback()
        var options = ProxyOptions()
        options.timeout = .seconds(1_800)
        let (feed, service) = try await loopback.feed(options)
        let count = Self.total / Self.size
        let before = try residentBytes()
        let most = Highest()
        let ahead = Highest()
        let start = ContinuousClock.now
        let chunks = (0..<count).lazyChunks { number in
            ahead.see(number - service.read.count)
            if number.isMultiple(of: 64), let now = try? residentBytes() { most.see(now - before) }
            return [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Self.size)
        }
        #expect(try await feed.upload(RemoteStream(chunks)) == count * Self.size)
        #expect(service.read.count == count)
        #expect(ahead.value * Self.size <= 3 << 20)
        #expect(most.value < Self.growth)
        report("upload", start, growth: most.value)
        await loopback.close()
    }
}
