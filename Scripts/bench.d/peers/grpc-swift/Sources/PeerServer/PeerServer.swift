import GRPCCore
import GRPCNIOTransportHTTP2
import Glibc
import PeerContract

/// The server of docs/benchmark-contract.md in grpc-swift-2.
@main
struct PeerServer {
    static func main() async throws {
        let arguments = try Arguments(CommandLine.arguments)
        signal(SIGTERM) { _ in _exit(0) }
        let server = GRPCServer(
            transport: .http2NIOPosix(
                address: .ipv4(host: "127.0.0.1", port: arguments.port),
                transportSecurity: .mTLS(
                    certificateChain: [.file(path: arguments.certificate, format: .pem)],
                    privateKey: .file(path: arguments.key, format: .pem)
                ) { $0.trustRoots = .certificates([.file(path: arguments.roots, format: .pem)]) }),
            services: [BenchService()])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            guard let port = try await server.listeningAddress?.ipv4?.port else {
                throw PeerError("no port")
            }
            print("READY 127.0.0.1 \(port)")
            fflush(nil)
            try await group.waitForAll()
        }
    }
}
