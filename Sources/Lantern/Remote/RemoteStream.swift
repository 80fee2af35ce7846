public import LanternValue

/// Items that travel one by one, as the reader asks for them (Pyro's item streaming).
///
/// A service makes one from an `AsyncSequence` or a closure and returns it from a `@Remote` method; a client gets
/// one and iterates. The producer is asked for an item only when the reader wants it, so a slow reader slows the
/// producer. Dropping the iterator, or leaving the loop, closes the stream on the far side.
public struct RemoteStream<Element: Sendable>: AsyncSequence, Sendable {
    package let makeNext: @Sendable () -> Pull
    /// How a service's items are written; nil for a stream that came from a peer.
    private let write: (@Sendable (Element, inout ValueWriter) throws -> Void)?

    /// Gives the next item, nil at the end.
    package typealias Next = @Sendable () async throws -> Element?

    /// One reading of the stream: how to get items and how to stop early.
    package struct Pull: Sendable {
        package let next: Next
        package let close: @Sendable () -> Void
        /// Whether the items are there already, so that some may be taken before the reader asks for them.
        package let isAtHand: Bool

        package init(
            next: @escaping Next, isAtHand: Bool = false, close: @escaping @Sendable () -> Void = {}
        ) {
            self.next = next
            self.isAtHand = isAtHand
            self.close = close
        }
    }

    package init(
        makeNext: @escaping @Sendable () -> Pull,
        write: (@Sendable (Element, inout ValueWriter) throws -> Void)? = nil
    ) {
        self.makeNext = makeNext
        self.write = write
    }

    package func itemSource() throws -> any ItemSource {
        guard let write else {
            throw LanternError(
                .notSupported,
                "a stream that came from a peer cannot be passed on; make a new one from its items")
        }
        return PulledItems(pull: makeNext(), write: write)
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(reading: Reading(pull: makeNext()))
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let reading: Reading

        init(reading: Reading) { self.reading = reading }

        public mutating func next() async throws -> Element? {
            try await reading.pull.next()
        }
    }

    /// Closes the far side when the iterator is dropped.
    final class Reading: Sendable {
        let pull: Pull
        init(pull: Pull) { self.pull = pull }
        deinit { pull.close() }
    }
}

extension RemoteStream where Element: RemoteCodable {
    /// A stream of what the sequence gives; it is iterated once for each caller that reads the stream.
    public init<S: AsyncSequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(
            makeNext: {
                let box = SequenceBox(sequence)
                return Pull(next: { try await box.next() })
            },
            write: { item, writer in try item.write(to: &writer) })
    }

    /// A stream of what the sequence holds.
    ///
    /// Its items are taken to be at hand: a Lantern reader gets up to 64 of them at once.
    public init<S: Sequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(
            makeNext: {
                let box = SequenceBox(AsyncSequenceOf(base: sequence))
                return Pull(next: { try await box.next() }, isAtHand: true)
            },
            write: { item, writer in try item.write(to: &writer) })
    }

    /// A stream of what the closure returns, until it returns nil.
    public init(unfolding next: @escaping @Sendable () async throws -> Element?) {
        self.init(
            makeNext: { Pull(next: next) },
            write: { item, writer in try item.write(to: &writer) })
    }
}

extension RemoteStream where Element: Encodable {
    /// A stream of what the sequence gives, for elements that are `Codable` only.
    @_disfavoredOverload
    public init<S: AsyncSequence & Sendable>(_ sequence: S) where S.Element == Element {
        self.init(
            makeNext: {
                let box = SequenceBox(sequence)
                return Pull(next: { try await box.next() })
            },
            write: { item, writer in
                try writer.write(ValueEncoder(classes: CallContext.current?.classes).encode(item))
            })
    }

    /// A stream of what the closure returns, until it returns nil.
    @_disfavoredOverload
    public init(unfolding next: @escaping @Sendable () async throws -> Element?) {
        self.init(
            makeNext: { Pull(next: next) },
            write: { item, writer in
                try writer.write(ValueEncoder(classes: CallContext.current?.classes).encode(item))
            })
    }
}
