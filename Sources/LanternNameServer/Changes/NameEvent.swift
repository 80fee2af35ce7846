/// What became of one name.
public struct NameEvent: Sendable, Hashable {
    public let name: String
    /// `nil` when the name was new.
    public let before: NameEntry?
    /// `nil` when the name was removed.
    public let after: NameEntry?

    public init(name: String, before: NameEntry?, after: NameEntry?) {
        self.name = name
        self.before = before
        self.after = after
    }
}

/// What changed in one step: all of it or nothing happened.
public struct NameChangeSet: Sendable, Hashable {
    /// Greater than that of every earlier step.
    public let revision: Int64
    public let events: [NameEvent]

    public init(revision: Int64, events: [NameEvent]) {
        self.revision = revision
        self.events = events
    }
}
