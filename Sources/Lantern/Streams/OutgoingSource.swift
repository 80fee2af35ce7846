/// What makes the items of a pushed stream, before there is a stream to put them in.
package struct OutgoingSource: Sendable {
    /// Puts all items in a stream; it is over when this returns, and has failed when it throws.
    package typealias Production = @Sendable (OutgoingStream) async throws -> Void

    let produce: Production
    /// The call that the stream belongs to: its producer sees it as ``CallContext/current``.
    var context: CallContext?
    /// Where the producer runs.
    var executor: any TaskExecutor = HandlerExecutor.shared
    /// Whether that is the connection's event loop.
    var runsOnLoop = false
    /// Its place among the streams of the daemon.
    var place: StreamPlace?
    /// Whether the reader may still have what it asked for; asked each time that it gives credit.
    var isStillPermitted: (@Sendable () -> Bool)?

    package init(_ produce: @escaping Production) {
        self.produce = produce
    }
}
