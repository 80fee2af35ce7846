import GRPCCore
import PeerContract

/// What the code generator would write, with codings of our own.
struct BenchService: RegistrableRPCService {
    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: BenchMethod.echo, deserializer: BytesCoding(), serializer: BytesCoding()
        ) { request, _ in
            let request = try await ServerRequest(stream: request)
            return StreamingServerResponse(single: ServerResponse(message: request.message))
        }
        router.registerHandler(
            forMethod: BenchMethod.numbers, deserializer: IntegerCoding(), serializer: IntegerCoding()
        ) { request, _ in
            let count = try await ServerRequest(stream: request).message
            guard (0...1_000_000).contains(count) else {
                throw RPCError(code: .invalidArgument, message: "count")
            }
            return StreamingServerResponse { writer in
                try await writer.write(contentsOf: 0..<count)
                return [:]
            }
        }
        router.registerHandler(
            forMethod: BenchMethod.usage, deserializer: IntegerCoding(), serializer: IntegerCoding()
        ) { _, _ in
            let nanoseconds = Int64(processTime() * 1e9)
            return StreamingServerResponse(single: ServerResponse(message: nanoseconds))
        }
    }
}
