import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2
import Glibc
import PeerContract

/// The client of docs/benchmark-contract.md in grpc-swift-2.
@main
struct PeerClient {
    static func main() async {
        do {
            try await run(try Arguments(CommandLine.arguments))
        } catch {
            try? FileHandle.standardError.write(contentsOf: Data("grpc-swift-client: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: Arguments) async throws {
        for (workload, count) in arguments.runs {
            if workload == "idle-memory" {
                try await holdIdle(count, arguments)
            } else {
                let line = try await withConnection(arguments) { client in
                    try await Runner(client: client, arguments: arguments).measure(workload, count: count)
                }
                print(line)
            }
        }
    }

    /// The connections stay open until standard input ends, so that the server can be looked at.
    private static func holdIdle(_ count: Int, _ arguments: Arguments) async throws {
        let clients = try (0..<count).map { _ in GRPCClient(transport: try makeTransport(arguments)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                group.addTask { try await client.runConnections() }
                try await client.echo([UInt8](repeating: UInt8(ascii: "x"), count: 100))
            }
            print("{\"workload\": \"idle-memory\", \"count\": \(count)}")
            fflush(nil)
            while readLine() != nil {}
            for client in clients { client.beginGracefulShutdown() }
            try await group.waitForAll()
        }
    }
}

typealias Connection = GRPCClient<HTTP2ClientTransport.Posix>

func makeTransport(_ arguments: Arguments) throws -> HTTP2ClientTransport.Posix {
    try HTTP2ClientTransport.Posix(
        target: .ipv4(address: "127.0.0.1", port: arguments.port),
        transportSecurity: .mTLS(
            certificateChain: [.file(path: arguments.certificate, format: .pem)],
            privateKey: .file(path: arguments.key, format: .pem)
        ) { $0.trustRoots = .certificates([.file(path: arguments.roots, format: .pem)]) })
}

func withConnection<Result: Sendable>(
    _ arguments: Arguments, _ body: @Sendable (Connection) async throws -> Result
) async throws -> Result {
    try await withGRPCClient(transport: makeTransport(arguments), handleClient: body)
}
