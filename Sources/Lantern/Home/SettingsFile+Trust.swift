import Yams

extension SettingsFile {
    static func trust(_ node: Node, _ document: YAMLDocument, _ trust: inout TrustSettings) throws {
        let times: [String: (WritableKeyPath<TrustSettings, Duration>, ClosedRange<Double>)] = [
            "poll": (\.pollInterval, 0.01...3_600), "settle": (\.settleTime, 0.001...10),
            "expiry-grace": (\.expiryGrace, 0...86_400), "warn-before": (\.warningTime, 1...315_360_000),
            "renewal-jitter": (\.renewalJitter, 0...3_600),
        ]
        let members = try document.members(
            of: node, allowed: Set(times.keys).union(["watch"]), what: "trust")
        if let node = members["watch"] { trust.isWatching = try document.bool(node, what: "watch") }
        for (name, (path, range)) in times {
            guard let node = members[name] else { continue }
            trust[keyPath: path] = try document.seconds(node, what: name, in: range)
        }
    }
}
