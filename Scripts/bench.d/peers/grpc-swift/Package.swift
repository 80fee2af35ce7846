// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]
let grpc: [Target.Dependency] = [
    .product(name: "GRPCCore", package: "grpc-swift-2"),
    .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
]

let package = Package(
    name: "grpc-swift-peer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
    ],
    targets: [
        .target(name: "PeerContract", dependencies: grpc, swiftSettings: settings),
        .executableTarget(
            name: "grpc-swift-server", dependencies: ["PeerContract"] + grpc, path: "Sources/PeerServer",
            swiftSettings: settings),
        .executableTarget(
            name: "grpc-swift-client", dependencies: ["PeerContract"] + grpc, path: "Sources/PeerClient",
            swiftSettings: settings),
    ]
)
