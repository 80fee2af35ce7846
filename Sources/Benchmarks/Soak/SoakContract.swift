import Lantern

/// What the load calls: each way in which a call can go, and go wrong.
@Remote
protocol Soak: Sendable {
    func echo(_ data: [UInt8]) async throws -> [UInt8]
    func add(_ number: Int, to other: Int) async throws -> Int
    @Oneway func note(_ line: String) async throws
    func fail(_ text: String) async throws
    func forbidden() async throws
    /// Until it is cancelled.
    func wait() async throws
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int>
    func endless(_ size: Int) async throws -> RemoteStream<[UInt8]>
    func broken(after count: Int) async throws -> RemoteStream<Int>
    func sum(_ numbers: RemoteStream<Int>) async throws -> Int
    /// Reads so many and leaves.
    func first(_ count: Int, of numbers: RemoteStream<Int>) async throws -> Int
    func doubled(_ numbers: RemoteStream<Int>) async throws -> RemoteStream<Int>
    func ask(_ listener: any SoakListener, times: Int) async throws -> Int
    func waitFor(_ listener: any SoakListener) async throws
    func figures() async throws -> SoakFigures
}

/// An object of a client that the server calls back.
@Remote
protocol SoakListener: Sendable {
    func answer(_ number: Int) async throws -> Int
    func wait() async throws
}

/// What a process holds.
struct SoakFigures: Codable, Sendable {
    /// Resident memory, in KiB.
    var memory: Int
    /// What malloc has given out of it and not got back, in KiB.
    var heap: Int
    var connections: Int
    var streams: Int
    /// Places of handlers that are taken.
    var handlers: Int
    var descriptors: Int
}
