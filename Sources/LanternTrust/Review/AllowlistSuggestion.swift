/// The smallest allowlist, as far as merging finds it, that allows a set of calls and nothing else.
///
/// Rules whose lists differ in one place only become one rule: that never allows a call which was not among the given
/// ones. Several orders of merging are tried; the fewest rules win.
package struct AllowlistSuggestion: Sendable {
    /// One call that was seen.
    package struct Call: Sendable, Hashable {
        package let identity: String
        package let object: String
        package let method: String

        package init(identity: String, object: String, method: String) {
            self.identity = identity
            self.object = object
            self.method = method
        }
    }

    private struct Box: Hashable {
        /// Identities, objects, methods: sorted.
        var lists: [[String]]
    }

    package let rules: [PolicyRule]
    /// What no pattern can say exactly, each with the reason.
    package let leftOut: [(call: Call, reason: String)]

    package init(_ calls: some Sequence<Call>) {
        var wanted: Set<Call> = []
        var leftOut: [(Call, String)] = []
        for call in Set(calls) {
            if let reason = Self.obstacle(call) {
                leftOut.append((call, reason))
            } else {
                wanted.insert(call)
            }
        }
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let boxes = orders.map { Self.merged(wanted, in: $0) }.min { $0.count < $1.count } ?? []
        rules = boxes.map { box in
            PolicyRule(
                .allow, identities: box.lists[0], objects: box.lists[1], methods: box.lists[2],
                source: "suggestion")
        }.sorted { Self.order($0).lexicographicallyPrecedes(Self.order($1)) }
        self.leftOut = leftOut.sorted {
            ($0.0.identity, $0.0.object, $0.0.method) < ($1.0.identity, $1.0.object, $1.0.method)
        }
    }

    private static func order(_ rule: PolicyRule) -> [String] {
        rule.objects + [""] + rule.identities + [""] + rule.methods
    }

    /// Why a call cannot be allowed without allowing others; nil when it can.
    private static func obstacle(_ call: Call) -> String? {
        for text in [call.identity, call.object, call.method] {
            if text.utf8.contains(UInt8(ascii: "*")) { return "a name holds a star" }
            if text.contains("…sha256:") { return "a name was too long for the log" }
            if let problem = Pattern.problem(in: text) { return problem }
        }
        guard (try? PeerIdentity(call.identity))?.description == call.identity else {
            return "the identity is none"
        }
        return nil
    }

    private static func merged(_ calls: Set<Call>, in order: [Int]) -> [Box] {
        var boxes = calls.map { Box(lists: [[$0.identity], [$0.object], [$0.method]]) }
        var count = Int.max
        while boxes.count < count {
            count = boxes.count
            for dimension in order { boxes = merge(boxes, along: dimension) }
        }
        return boxes
    }

    /// Puts together all that differ in one list only.
    private static func merge(_ boxes: [Box], along dimension: Int) -> [Box] {
        var merged: [Box: Set<String>] = [:]
        for box in boxes {
            var key = box
            key.lists[dimension] = []
            merged[key, default: []].formUnion(box.lists[dimension])
        }
        var split: [Box] = []
        for (key, texts) in merged {
            let sorted = texts.sorted()
            for start in stride(from: 0, to: sorted.count, by: PolicyTable.maximumPatterns) {
                var box = key
                box.lists[dimension] = Array(sorted[start...].prefix(PolicyTable.maximumPatterns))
                split.append(box)
            }
        }
        return split
    }
}
