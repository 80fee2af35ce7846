/// The updates of one watch, over as many connections as it takes.
///
/// Each update comes once and in order. The first has no changes: it says where the watch begins. When the name server
/// no longer has what happened while nobody listened, the loop ends with a ``RemoteError`` whose ``RemoteError/namingCode`` is
/// `compacted`: list the names again with ``NameService/find(_:)`` and watch from there.
public struct NameUpdates: AsyncSequence, Sendable {
    public typealias Element = NameUpdate

    private let service: any NameService
    private let search: NameSearch
    private let position: WatchPosition?
    private let patience: Duration
    private let pause: Duration

    /// - Parameters:
    ///   - patience: how long it goes on trying without an answer.
    ///   - pause: before the second attempt; doubled each time, up to five seconds.
    public init(
        _ service: any NameService, _ search: NameSearch, after position: WatchPosition? = nil,
        patience: Duration = .seconds(300), pause: Duration = .milliseconds(50)
    ) {
        self.service = service
        self.search = search
        self.position = position
        self.patience = patience
        self.pause = pause
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(watch: self, position: position)
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let watch: NameUpdates
        fileprivate var position: WatchPosition?
        private var updates: RemoteStream<NameUpdate>.Iterator?
        private var hasBegun = false

        fileprivate init(watch: NameUpdates, position: WatchPosition?) {
            self.watch = watch
            self.position = position
        }

        /// - Throws: ``RemoteError`` of the name server; ``LanternError`` when it cannot be reached for longer than the
        ///   patience; `CancellationError`.
        public mutating func next() async throws -> NameUpdate? {
            let start = ContinuousClock.now
            var pause = watch.pause
            while true {
                try Task.checkCancellation()
                do {
                    if let update = try await nextOfConnection() { return update }
                } catch let error as LanternError where Self.isPassing(error) {
                    guard ContinuousClock.now - start < watch.patience else { throw error }
                }
                updates = nil
                try await Task.sleep(for: pause)
                pause = Swift.min(pause * 2, .seconds(5))
            }
        }

        /// Nil when the stream ended.
        private mutating func nextOfConnection() async throws -> NameUpdate? {
            var updates: RemoteStream<NameUpdate>.Iterator
            if let open = self.updates {
                updates = open
            } else {
                updates = try await watch.service.watch(watch.search, after: position).makeAsyncIterator()
            }
            while let update = try await updates.next() {
                self.updates = updates
                // Where a resumed watch begins is known already.
                let isNew = !hasBegun || !update.changes.isEmpty || update.position != position
                hasBegun = true
                position = update.position
                if isNew { return update }
            }
            return nil
        }

        private static func isPassing(_ error: LanternError) -> Bool {
            [.connectFailed, .connectionLost, .timeout, .shuttingDown, .overloaded].contains(error.code)
        }
    }
}
