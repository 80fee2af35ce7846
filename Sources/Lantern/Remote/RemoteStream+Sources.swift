public import LanternValue

/// What streams are made from.
extension RemoteStream where Element: RemoteCodable {
    /// A stream of what the sequence gives.
    public init<S: AsyncSequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(sequence, write: { try $0.write(to: &$1) })
    }

    /// A stream of what the sequence holds. Its items are taken to be at hand: many are taken in one go.
    public init<S: Sequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(sequence, write: { try $0.write(to: &$1) })
    }

    /// A stream of what the closure returns, until it returns nil.
    public init(unfolding next: @escaping @Sendable () async throws -> Element?) {
        self.init(unfolding: next, write: { try $0.write(to: &$1) })
    }
}

/// For elements that are `Codable` only.
extension RemoteStream where Element: Encodable {
    /// A stream of what the sequence gives.
    @_disfavoredOverload
    public init<S: AsyncSequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(sequence, write: { try $1.write(ValueEncoder().encode($0)) })
    }

    /// A stream of what the sequence holds. Its items are taken to be at hand: many are taken in one go.
    @_disfavoredOverload
    public init<S: Sequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(sequence, write: { try $1.write(ValueEncoder().encode($0)) })
    }

    /// A stream of what the closure returns, until it returns nil.
    @_disfavoredOverload
    public init(unfolding next: @escaping @Sendable () async throws -> Element?) {
        self.init(unfolding: next, write: { try $1.write(ValueEncoder().encode($0)) })
    }
}

extension RemoteStream {
    private init<S: AsyncSequence & Sendable>(_ sequence: S, write: @escaping Write)
    where S.Element == Element {
        self.init(
            makeNext: {
                let box = SequenceBox(sequence)
                return Pull(next: { try await box.next() })
            }, write: write, production: { try await $0.send(sequence, write) })
    }

    private init<S: Sequence & Sendable>(_ sequence: S, write: @escaping Write) where S.Element == Element {
        self.init(
            makeNext: {
                let box = SequenceBox(AsyncSequenceOf(base: sequence))
                return Pull(next: { try await box.next() })
            }, write: write, production: { try await $0.send(sequence, write) })
    }

    private init(unfolding next: @escaping Next, write: @escaping Write) {
        self.init(
            makeNext: { Pull(next: next) }, write: write,
            production: { try await $0.send(next: next, write) })
    }
}
