public import Lantern

/// The object of docs/benchmark-contract.md.
@Remote
public protocol Bench: Sendable {
    func echo(_ data: [UInt8]) async throws -> [UInt8]
    @Oneway func note(_ data: [UInt8]) async throws
    func numbers(_ count: Int) async throws -> RemoteStream<Int>
    func usage() async throws -> Usage
}

/// What the server process has used so far.
public struct Usage: Codable, Sendable {
    /// User and system time, in seconds.
    public let cpu: Double
    /// Notes received.
    public let notes: Int

    public init(cpu: Double, notes: Int) {
        self.cpu = cpu
        self.notes = notes
    }
}
