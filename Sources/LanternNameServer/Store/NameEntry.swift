/// One registered name.
public struct NameEntry: Sendable, Hashable {
    public let name: String
    /// The URI as text, as it was registered.
    public let uri: String
    /// The tags.
    public let metadata: Set<String>
    /// The identity that registered the name; `nil` for names of the name server itself, and where ownership is off.
    public let owner: String?

    public init(name: String, uri: String, metadata: Set<String> = [], owner: String? = nil) {
        self.name = name
        self.uri = uri
        self.metadata = metadata
        self.owner = owner
    }

    /// The tags in the order in which listings show them.
    public var sortedMetadata: [String] { metadata.sorted { ExactText($0) < ExactText($1) } }

    /// What the entry costs in a listing, in bytes of text.
    package var cost: Int {
        metadata.reduce(name.utf8.count &+ uri.utf8.count) { $0 &+ $1.utf8.count }
    }
}
