// swift-tools-version: 6.2
import CompilerPluginSupport
import PackageDescription

/// Every target is compiled the same way: Swift 6 mode with the upcoming import rules.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
]

let package = Package(
    name: "lantern",
    products: [
        .library(name: "Lantern", targets: ["Lantern"]),
        .library(name: "LanternNameServer", targets: ["LanternNameServer"]),
        .library(name: "LanternTesting", targets: ["LanternTesting"]),
        .executable(name: "lantern", targets: ["LanternCLI"]),
        .executable(name: "warehouse-service", targets: ["WarehouseService"]),
        .executable(name: "warehouse-client", targets: ["WarehouseClient"]),
        .executable(name: "lantern-bench-server", targets: ["BenchServer"]),
        .executable(name: "lantern-bench-client", targets: ["BenchClient"]),
        .executable(name: "lantern-bench-values", targets: ["BenchValues"]),
        .executable(name: "lantern-bench-names", targets: ["NameBench"]),
        .executable(name: "lantern-bench-registry", targets: ["RegistryBench"]),
        .executable(name: "lantern-soak", targets: ["LanternSoak"]),
        .executable(name: "lantern-bench-revocation", targets: ["BenchRevocation"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.1"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    ],
    targets: [
        // Floor 0: the system libraries.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Floor 1: values, frames, trust; none knows another.
        .target(name: "LanternValue", swiftSettings: settings),
        .target(
            name: "LanternWire",
            dependencies: ["CZlib", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings),
        .target(name: "LanternTrust", dependencies: ["CLinux", "CSodium"], swiftSettings: settings),

        // Floor 2: the only module that knows OpenSSL.
        .target(
            name: "LanternTLS", dependencies: ["COpenSSL", "LanternTrust"] + nio, swiftSettings: settings),

        // Floor 3: the macros and the runtime for both ends.
        .macro(
            name: "LanternMacros",
            dependencies: [
                .product(name: "SwiftSyntax", package: "swift-syntax"),
                .product(name: "SwiftSyntaxBuilder", package: "swift-syntax"),
                .product(name: "SwiftSyntaxMacros", package: "swift-syntax"),
                .product(name: "SwiftDiagnostics", package: "swift-syntax"),
                .product(name: "SwiftParser", package: "swift-syntax"),
                .product(name: "SwiftCompilerPlugin", package: "swift-syntax"),
            ],
            swiftSettings: settings),
        .target(
            name: "Lantern",
            dependencies: [
                "CLinux", "CMalloc", "LanternValue", "LanternWire", "LanternTrust", "LanternTLS",
                "LanternMacros",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ] + nio,
            swiftSettings: settings),

        // Floor 3: what speaks to etcd; knows nothing of names.
        .target(
            name: "LanternEtcd",
            dependencies: [
                "LanternTLS", "LanternTrust",
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ] + nio,
            swiftSettings: settings),

        // Floor 4: built on the runtime.
        .target(
            name: "LanternNameServer",
            dependencies: [
                "Lantern", "LanternEtcd", "LanternValue", "LanternTLS", "LanternTrust", "LanternWire",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ] + nio,
            swiftSettings: settings),
        .target(
            name: "LanternTesting",
            dependencies: [
                "Lantern", "LanternTLS", "LanternTrust",
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "_CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: settings),

        // Floor 5: what people run.
        .executableTarget(
            name: "LanternCLI",
            dependencies: [
                "Lantern", "LanternNameServer", "LanternValue", "LanternTrust", "LanternTLS", "LanternWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .target(
            name: "WarehouseContract", dependencies: ["Lantern"],
            path: "Sources/Examples/WarehouseContract", swiftSettings: settings),
        .executableTarget(
            name: "WarehouseService", dependencies: ["Lantern", "WarehouseContract"],
            path: "Sources/Examples/WarehouseService", swiftSettings: settings),
        .executableTarget(
            name: "WarehouseClient", dependencies: ["Lantern", "WarehouseContract"],
            path: "Sources/Examples/WarehouseClient", swiftSettings: settings),
        .target(
            name: "BenchContract", dependencies: ["Lantern"],
            path: "Sources/Benchmarks/BenchContract", swiftSettings: settings),
        .executableTarget(
            name: "BenchServer",
            dependencies: [
                "Lantern", "BenchContract",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Benchmarks/BenchServer", swiftSettings: settings),
        .executableTarget(
            name: "BenchClient",
            dependencies: [
                "Lantern", "BenchContract", "LanternValue",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Benchmarks/BenchClient", swiftSettings: settings),
        .executableTarget(
            name: "BenchValues",
            dependencies: [
                "Lantern", "LanternValue", "LanternTrust",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Benchmarks/BenchValues", swiftSettings: settings),
        .executableTarget(
            name: "BenchRevocation",
            dependencies: [
                "Lantern", "LanternTLS", "LanternTrust", "BenchContract",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Benchmarks/BenchRevocation", swiftSettings: settings),

        .executableTarget(
            name: "NameBench",
            dependencies: [
                "LanternNameServer", "LanternTrust",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Benchmarks/NameBench", swiftSettings: settings),
        .executableTarget(
            name: "RegistryBench",
            dependencies: [
                "Lantern",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Benchmarks/RegistryBench", swiftSettings: settings),
        .executableTarget(
            name: "LanternSoak",
            dependencies: [
                "CMalloc", "Lantern", "LanternTrust", "LanternValue",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/Benchmarks/Soak", swiftSettings: settings),

        // Serves the test classes of the Python projects: see Scripts/pyro-own-tests.
        .executableTarget(
            name: "pyro-stand-in",
            dependencies: [
                "Lantern", "LanternWire", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/PyroStandIn", swiftSettings: settings),

        // Calls without a pause while a test changes what stands under the calls: see Tests/CommandLine.
        .executableTarget(
            name: "steady-caller",
            dependencies: [
                "Lantern", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/SteadyCaller", swiftSettings: settings),

        // Writes an audit log until it is killed, and measures one: see Tests/CommandLine and Scripts/bench-audit.
        .executableTarget(
            name: "audit-writer",
            dependencies: [
                "LanternTrust", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/AuditWriter", swiftSettings: settings),

        // Tests mirror the sources.
        .testTarget(
            name: "LanternValueTests", dependencies: ["LanternValue"], swiftSettings: settings),
        .testTarget(
            name: "LanternWireTests",
            dependencies: ["LanternWire", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings),
        .testTarget(
            name: "LanternTrustTests", dependencies: ["LanternTrust"], swiftSettings: settings),
        .testTarget(
            name: "LanternTLSTests",
            dependencies: [
                "LanternTLS", "LanternTrust", "LanternTesting",
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: settings),
        .testTarget(
            name: "LanternMacrosTests",
            dependencies: [
                "LanternMacros",
                .product(name: "SwiftDiagnostics", package: "swift-syntax"),
                .product(name: "SwiftParser", package: "swift-syntax"),
                .product(name: "SwiftSyntax", package: "swift-syntax"),
                .product(name: "SwiftSyntaxMacros", package: "swift-syntax"),
                .product(name: "SwiftSyntaxMacroExpansion", package: "swift-syntax"),
                .product(name: "SwiftSyntaxMacrosGenericTestSupport", package: "swift-syntax"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LanternTests",
            dependencies: [
                "Lantern", "LanternTesting", "LanternValue", "LanternWire", "LanternTrust", "LanternTLS",
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ] + nio,
            swiftSettings: settings),
        .testTarget(
            name: "LanternNameServerTests",
            dependencies: [
                "LanternNameServer", "Lantern", "LanternEtcd", "LanternTesting", "LanternTLS", "LanternValue",
                "LanternTrust", "LanternWire",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LanternEtcdTests",
            dependencies: [
                "LanternEtcd", "LanternTesting", "LanternTLS",
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: settings),
        .testTarget(
            name: "HostileTests",
            dependencies: [
                "Lantern", "LanternTesting", "LanternTrust", "LanternValue",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Hostile", exclude: ["python"], swiftSettings: settings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Lantern", "LanternNameServer", "LanternTesting", "LanternValue", "LanternTrust",
                "LanternWire",
            ],
            path: "Tests/Interop", exclude: ["python"], swiftSettings: settings),
    ]
)
