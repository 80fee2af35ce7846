import CoreMetrics
import Lantern
import Metrics
import Testing

/// Our tests have another thing of this name.
private typealias Count = CoreMetrics.Counter

/// What instruments of swift-metrics become in the text that Prometheus reads.
struct PrometheusRegistryTests {
    private func lines(_ registry: PrometheusRegistry) -> [String] {
        String(decoding: registry.exposition, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { !$0.contains("series_dropped") }
    }

    private func dropped(_ registry: PrometheusRegistry) -> String? {
        String(decoding: registry.exposition, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("lantern_metrics_series_dropped_total ") }?
            .split(separator: " ").last.map(String.init)
    }

    @Test("a counter counts, and never goes back")
    func counter() {
        let registry = PrometheusRegistry([.init("calls_total", .counter, help: "Calls.")])
        let counter = Count(label: "calls_total", factory: registry)
        counter.increment()
        counter.increment(by: 4)
        counter.increment(by: -3)
        #expect(
            lines(registry) == ["# HELP calls_total Calls.", "# TYPE calls_total counter", "calls_total 5"])
        counter.reset()
        #expect(lines(registry).last == "calls_total 0")
    }

    @Test("fractions, gauges and meters")
    func numbers() {
        let registry = PrometheusRegistry()
        FloatingPointCounter(label: "a", factory: registry).increment(by: 0.5)
        Gauge(label: "b", factory: registry).record(-7)
        let meter = CoreMetrics.Meter(label: "c", factory: registry)
        meter.set(10)
        meter.increment(by: 2.5)
        meter.decrement(by: 1)
        Gauge(label: "d", factory: registry).record(Double.infinity)
        Gauge(label: "e", factory: registry).record(Double.nan)
        #expect(
            lines(registry) == [
                "# TYPE a counter", "a 0.5", "# TYPE b gauge", "b -7", "# TYPE c gauge", "c 11.5",
                "# TYPE d gauge", "d +Inf", "# TYPE e gauge", "e NaN",
            ])
    }

    @Test("a histogram's buckets grow, a bound belongs to its bucket, and times are seconds")
    func histogram() {
        let registry = PrometheusRegistry([.init("t_seconds", .histogram, buckets: [0.5, 1], help: "")])
        let timer = Timer(label: "t_seconds", dimensions: [("op", "x")], factory: registry)
        for milliseconds in [250, 500, 501, 1_000, 9_000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            lines(registry) == [
                "# TYPE t_seconds histogram", #"t_seconds_bucket{op="x",le="0.5"} 2"#,
                #"t_seconds_bucket{op="x",le="1"} 4"#, #"t_seconds_bucket{op="x",le="+Inf"} 5"#,
                #"t_seconds_sum{op="x"} 11.251"#, #"t_seconds_count{op="x"} 5"#,
            ])
        let sizes = Recorder(label: "sizes", factory: registry)
        sizes.record(Double.nan)
        sizes.record(5)
        #expect(lines(registry).contains("sizes_count 1"))
    }

    @Test("label values are escaped and cut, names are mended, and labels stand in their order")
    func escaping() {
        var limits = PrometheusRegistry.Limits()
        limits.labelValue = 12
        let registry = PrometheusRegistry([.init("a:b_c", .counter, help: "one\\two\nthree")], limits: limits)
        let labels = [
            ("z z", "say \"\\\n"), ("le", "long: 0123456789"), ("__a", "1"), ("__a", "2"), ("9", ""),
        ]
        Count(label: "a:b.c", dimensions: labels, factory: registry).increment()
        #expect(
            lines(registry) == [
                "# HELP a:b_c one\\\\two\\nthree", "# TYPE a:b_c counter",
                #"a:b_c{_="",_a="1",_le="long: 012345",z_z="say \"\\\n"} 1"#,
            ])
        Count(label: "", factory: registry).increment()
        #expect(lines(registry).contains("_ 1"))
    }

    @Test("equal names and labels are one series, in whatever order the labels come")
    func shared() {
        let registry = PrometheusRegistry()
        Count(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Count(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        Count(label: "n", dimensions: [("a", "0")], factory: registry).increment()
        #expect(lines(registry) == ["# TYPE n counter", #"n{a="0"} 1"#, #"n{a="1",b="2"} 2"#])
    }

    @Test("series over the limit, and a name of another kind, go nowhere and are counted", arguments: [1, 3])
    func limit(_ maximum: Int) {
        var limits = PrometheusRegistry.Limits()
        limits.series = maximum
        let registry = PrometheusRegistry(limits: limits)
        for index in 0..<5 {
            Count(label: "n", dimensions: [("i", "\(index)")], factory: registry).increment()
        }
        #expect(lines(registry).count == 1 + maximum)
        #expect(dropped(registry) == "\(5 - maximum)")
        Gauge(label: "n", factory: registry).record(1)
        Count(label: "n", dimensions: [("i", "0")], factory: registry).increment()
        #expect(lines(registry).contains(#"n{i="0"} 2"#), "what is there goes on")
        #expect(dropped(registry) == "\(6 - maximum)")
    }

    @Test("a series goes with the last instrument that was made for it")
    func destroying() {
        let registry = PrometheusRegistry()
        let one = Count(label: "n", factory: registry)
        let other = Count(label: "n", factory: registry)
        one.destroy()
        other.increment()
        #expect(lines(registry).last == "n 1")
        other.destroy()
        #expect(lines(registry).isEmpty)
        other.increment()
        #expect(lines(registry).isEmpty)
        Gauge(label: "n", factory: registry).record(2)
        #expect(lines(registry).last == "n 2", "the name is free for another kind")
    }

    @Test("many threads at once lose nothing")
    func threads() async {
        let registry = PrometheusRegistry()
        let counter = Count(label: "n", factory: registry)
        let timer = Timer(label: "t", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        timer.recordSeconds(2)
                    }
                }
            }
        }
        let text = lines(registry)
        #expect(text.contains("n 8000") && text.contains("t_sum 16000") && text.contains("t_count 8000"))
    }
}
