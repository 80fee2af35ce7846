import GRPCCore
import PeerContract

/// What the code generator would write, with codings of our own.
extension GRPCClient {
    func echo(_ data: [UInt8]) async throws {
        let count = try await unary(
            request: ClientRequest(message: data), descriptor: BenchMethod.echo, serializer: BytesCoding(),
            deserializer: BytesCoding(), options: .defaults
        ) { try $0.message.count }
        guard count == data.count else { throw PeerError("wrong echo") }
    }

    func readNumbers(_ items: Int64) async throws {
        try await serverStreaming(
            request: ClientRequest(message: items), descriptor: BenchMethod.numbers,
            serializer: IntegerCoding(), deserializer: IntegerCoding(), options: .defaults
        ) { response in
            var expected: Int64 = 0
            for try await number in response.messages {
                guard number == expected else { throw PeerError("wrong item") }
                expected += 1
            }
            guard expected == items else { throw PeerError("wrong number of items") }
        }
    }

    /// CPU seconds of the server so far.
    func serverTime() async throws -> Double {
        try await unary(
            request: ClientRequest(message: 0), descriptor: BenchMethod.usage, serializer: IntegerCoding(),
            deserializer: IntegerCoding(), options: .defaults
        ) { Double(try $0.message) / 1e9 }
    }
}
