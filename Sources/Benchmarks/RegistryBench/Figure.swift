/// One measured number.
struct Figure {
    let name: String
    let value: Double
    let unit: String

    init(_ name: String, _ value: Double, _ unit: String) {
        self.name = name
        self.value = value
        self.unit = unit
    }

    var line: String {
        #"{"figure":"\#(name)","value":\#((value * 100).rounded() / 100),"unit":"\#(unit)"}"#
    }

    /// Rate, median and 99th percentile of operations that took so long each, and `total` together.
    static func of(_ name: String, _ times: [Duration], total: Duration) -> [Figure] {
        let sorted = times.sorted()
        return [
            Figure(name, Double(sorted.count) / (total / .seconds(1)), "1/s"),
            Figure(name + " p50", sorted[sorted.count / 2] / .microseconds(1), "us"),
            Figure(name + " p99", sorted[sorted.count * 99 / 100] / .microseconds(1), "us"),
        ]
    }
}
