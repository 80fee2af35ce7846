/// One line of output; the fields that a workload has none of are left out.
struct Measurement: Encodable, Sendable {
    var workload: String
    var count: Int
    var operations: Int?
    var seconds: Double?
    var perSecond: Double?
    var p50: Double?
    var p99: Double?
    var clientCPU: Double?
    var serverCPU: Double?

    enum CodingKeys: String, CodingKey {
        case workload, count, operations, seconds
        case perSecond = "per_second"
        case p50 = "p50_us"
        case p99 = "p99_us"
        case clientCPU = "client_cpu_us"
        case serverCPU = "server_cpu_us"
    }

    /// Says that `count` idle connections are open; the harness looks at the server itself.
    init(idle count: Int) {
        workload = Workload.idleMemory.rawValue
        self.count = count
    }

    /// - Parameters:
    ///   - units: how long each took.
    ///   - total: from the first one's start to the last one's end.
    ///   - client: CPU seconds here.
    ///   - server: CPU seconds there.
    init(
        _ workload: Workload, count: Int, units: [Duration], total: Duration, client: Double, server: Double
    ) {
        let operations = count * workload.operationsPerUnit
        let sorted = units.sorted()
        self.workload = workload.rawValue
        self.count = count
        self.operations = operations
        seconds = total / .seconds(1)
        perSecond = Double(operations) / (total / .seconds(1))
        p50 = sorted[count / 2] / .microseconds(1)
        p99 = sorted[count * 99 / 100] / .microseconds(1)
        clientCPU = client * 1e6 / Double(operations)
        serverCPU = server * 1e6 / Double(operations)
    }
}
