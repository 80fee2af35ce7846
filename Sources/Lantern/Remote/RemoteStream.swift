package import LanternValue

/// Items that travel one after the other while they are read.
///
/// A service makes one from a sequence, an `AsyncSequence` or a closure and returns it from a `@Remote` method; a
/// client passes one to a method that takes a `RemoteStream`. The other side iterates with `for try await`: errors
/// that the producer throws arrive there as what they are, behind the items before them. A slow reader slows the
/// producer down; leaving the loop, dropping the stream, cancelling the reader's task or losing the connection
/// stops it.
///
/// Between Lantern programs items are pushed, ahead of the reader as far as its ``StreamLimits`` allow; towards Pyro
/// programs, and where ``ProxyOptions/streamDelivery`` says so, the reader asks for each one.
///
/// A stream that came from a peer is read once; its iterators share the items. One made from a sequence is iterated
/// anew for each reader.
public struct RemoteStream<Element: Sendable>: AsyncSequence, Sendable {
    /// Gives the next item, nil at the end.
    package typealias Next = @Sendable () async throws -> Element?
    typealias Write = @Sendable (Element, inout ValueWriter) throws -> Void

    /// One reading of the stream, item by item: how to get them and how to stop early.
    package struct Pull: Sendable {
        package let next: Next
        package let close: @Sendable () -> Void

        package init(next: @escaping Next, close: @escaping @Sendable () -> Void = {}) {
            self.next = next
            self.close = close
        }
    }

    /// How the items come to a reader here.
    private enum Origin: Sendable {
        case pulled(@Sendable () -> Pull)
        case pushed(PushedReader, @Sendable (IncomingChunk) throws -> [Element])
    }

    private let origin: Origin
    /// How items are written; nil for a stream from a peer whose items are `Decodable` only.
    private let write: Write?
    /// The quickest way to push all items, where there is one.
    private let production: OutgoingSource.Production?

    package init(
        makeNext: @escaping @Sendable () -> Pull,
        write: (@Sendable (Element, inout ValueWriter) throws -> Void)? = nil
    ) {
        self.init(makeNext: makeNext, write: write, production: nil)
    }

    init(
        makeNext: @escaping @Sendable () -> Pull, write: Write?, production: OutgoingSource.Production?
    ) {
        origin = .pulled(makeNext)
        self.write = write
        self.production = production
    }

    /// A stream that the far side pushes.
    init(
        _ reader: PushedReader, write: Write?,
        decoding decode: @escaping @Sendable (IncomingChunk) throws -> [Element]
    ) {
        origin = .pushed(reader, decode)
        self.write = write
        production = nil
    }

    // MARK: - Reading

    public func makeAsyncIterator() -> Iterator {
        switch origin {
        case .pulled(let makeNext): Iterator(reading: PulledReading(pull: makeNext()))
        case .pushed(let reader, let decode): Iterator(reading: PushedReading(reader: reader, decode: decode))
        }
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let reading: any Reading<Element>
        /// Items that are here already: they are handed out without a suspension.
        private var items: [Element] = []
        private var position = 0

        fileprivate init(reading: any Reading<Element>) {
            self.reading = reading
        }

        public mutating func next() async throws -> Element? {
            try await next(isolation: nil)
        }

        /// The next item, nil at the end.
        ///
        /// - Throws: what the producer threw; ``LanternError``; `CancellationError`. After an error there is nothing.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Element? {
            if position < items.count {
                defer { position &+= 1 }
                return items[position]
            }
            guard let more = try await reading.next(isolation: actor) else { return nil }
            items = more
            position = 1
            return more.first
        }
    }

    // MARK: - Sending

    package func itemSource() throws -> any ItemSource {
        let write = try itemWriter()
        switch origin {
        case .pulled(let makeNext):
            return PulledItems(pull: makeNext(), write: write)
        case .pushed(let reader, _):
            let box = SequenceBox(self)
            let pull = Pull(next: { try await box.next() }, close: { reader.stream.stop() })
            return PulledItems(pull: pull, write: write)
        }
    }

    package func outgoingSource() throws -> OutgoingSource {
        if let production { return OutgoingSource(production) }
        let write = try itemWriter()
        return OutgoingSource { try await $0.send(self, write) }
    }

    private func itemWriter() throws -> Write {
        guard let write else {
            throw LanternError(
                .notSupported,
                "a stream of \(Element.self) that came from a peer cannot be passed on: write its items anew")
        }
        return write
    }
}

/// One reading of a stream; when it is dropped, the far side is told.
private protocol Reading<Element>: Sendable {
    associatedtype Element: Sendable

    /// At least one item, nil at the end.
    func next(isolation: isolated (any Actor)?) async throws -> [Element]?
}

private final class PulledReading<Element: Sendable>: Reading {
    private let pull: RemoteStream<Element>.Pull

    init(pull: RemoteStream<Element>.Pull) { self.pull = pull }
    deinit { pull.close() }

    func next(isolation: isolated (any Actor)?) async throws -> [Element]? {
        try await pull.next().map { [$0] }
    }
}

private final class PushedReading<Element: Sendable>: Reading {
    private let reader: PushedReader
    private let decode: @Sendable (IncomingChunk) throws -> [Element]

    init(reader: PushedReader, decode: @escaping @Sendable (IncomingChunk) throws -> [Element]) {
        self.reader = reader
        self.decode = decode
    }

    deinit { reader.stream.stop() }

    func next(isolation: isolated (any Actor)?) async throws -> [Element]? {
        guard let chunk = try await reader.stream.next(isolation: isolation) else { return nil }
        do {
            return try decode(chunk)
        } catch {
            reader.stream.stop()
            throw error
        }
    }
}
