public import GRPCCore

/// The methods of docs/benchmark-contract.md; gRPC has no one-way calls and so no `note`.
public enum BenchMethod {
    public static let echo = MethodDescriptor(service: service, method: "Echo")
    public static let numbers = MethodDescriptor(service: service, method: "Numbers")
    public static let usage = MethodDescriptor(service: service, method: "Usage")

    private static let service = ServiceDescriptor(package: "bench", service: "Bench")
}
