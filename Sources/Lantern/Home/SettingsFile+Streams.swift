import Yams

/// The settings of pushed item streams, which hold for both ends: the daemon here and the proxies.
extension SettingsFile {
    /// ```yaml
    /// streams: { delivery: pushed, per-connection: 256, window-items: 16384, window-bytes: 1048576, item-size: 16777216 }
    /// ```
    static func streams(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        let counts: [String: (path: WritableKeyPath<StreamLimits, Int>, range: ClosedRange<Int>)] = [
            "per-connection": (\.perConnection, 1...100_000),
            "window-items": (\.windowItems, 1...10_000_000),
            "window-bytes": (\.windowBytes, 1...(1 << 30)),
            "item-size": (\.itemSize, 1...(1 << 30)),
        ]
        let members = try document.members(
            of: node, allowed: Set(counts.keys).union(["delivery"]), what: "streams")
        for (name, node) in members {
            if let known = counts[name] {
                let number = try document.integer(node, what: name, in: known.range)
                settings.limits.pushedStreams[keyPath: known.path] = number
                settings.proxies.streamLimits[keyPath: known.path] = number
            } else {
                switch try document.text(node, what: name) {
                case "pushed": settings.proxies.streamDelivery = .pushed
                case "pulled": settings.proxies.streamDelivery = .pulled
                default: throw document.error(node, "delivery is 'pushed' or 'pulled'")
                }
            }
        }
    }
}
