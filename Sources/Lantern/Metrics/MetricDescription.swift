/// What one metric is: its line in `docs/metrics.md` and in the exposition.
public struct MetricDescription: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case counter, gauge, histogram
    }

    /// A label and all the values that it may have: nothing that a peer chose is among them.
    public struct Label: Sendable, Hashable {
        public let name: String
        public let values: [String]

        public init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }
    }

    public let name: String
    public let kind: Kind
    /// `seconds`, `bytes`, or empty for things that are counted.
    public let unit: String
    public let labels: [Label]
    /// One sentence.
    public let help: String
    /// The upper bounds of a histogram's buckets, rising; nil for the registry's own.
    public let buckets: [Double]?

    public init(
        _ name: String, _ kind: Kind, unit: String = "", labels: [Label] = [], buckets: [Double]? = nil,
        help: String
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.buckets = buckets
        self.help = help
    }
}
