package import Lantern

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Compares what a daemon measures with what `docs/metrics.md` promises.
package enum MetricPromises {
    /// - Parameter page: the path of the page.
    /// - Returns: the lines that it lacks.
    package static func missing(in page: String, of catalogue: [MetricDescription]) throws -> [String] {
        let data = try Data(contentsOf: URL(fileURLWithPath: page))
        let lines = Set(String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init))
        return catalogue.map(line).filter { !lines.contains($0) }
    }

    private static func line(_ metric: MetricDescription) -> String {
        let kind = metric.kind.rawValue + (metric.unit.isEmpty ? "" : ", " + metric.unit)
        let labels = metric.labels.map { label in
            "`\(label.name)`: " + label.values.sorted().map { "`\($0)`" }.joined(separator: " ")
        }.joined(separator: "; ")
        return "| `\(metric.name)` | \(kind) | \(labels) | \(metric.help) |"
    }

    /// What a registry shows and the catalogue does not know, or the other way round.
    package static func breaches(
        by registry: PrometheusRegistry, of catalogue: [MetricDescription]
    ) -> [String] {
        let metrics = Dictionary(uniqueKeysWithValues: catalogue.map { ($0.name, $0) })
        var found: [String] = []
        var seen: Set<String> = ["lantern_metrics_series_dropped_total"]
        for line in String(decoding: registry.exposition, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("# TYPE"), seen.insert(words[2]).inserted {
                if metrics[words[2]]?.kind.rawValue != words[3] { found.append(words[2]) }
            } else if let start = line.firstIndex(of: "{"), let end = line.lastIndex(of: "}") {
                let labels = metric(String(line[..<start]), metrics)?.labels ?? []
                let pairs = line[line.index(after: start)..<end].split(separator: ",")
                for pair in pairs where !pair.hasPrefix("le=") {
                    let parts = pair.split(separator: "=").map { $0.filter { $0 != "\"" } }
                    let isKnown = labels.contains { $0.name == parts[0] && $0.values.contains(parts[1]) }
                    if !isKnown { found.append(String(line)) }
                }
            }
        }
        return found + metrics.keys.filter { !seen.contains($0) }.sorted()
    }

    private static func metric(_ name: String, _ metrics: [String: MetricDescription]) -> MetricDescription? {
        if let metric = metrics[name] { return metric }
        let ends = ["_bucket", "_sum", "_count"]
        return ends.compactMap { name.hasSuffix($0) ? metrics[String(name.dropLast($0.count))] : nil }.first
    }
}
