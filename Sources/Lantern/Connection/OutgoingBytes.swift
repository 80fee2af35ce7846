import NIOCore

/// Tells whether what was written leaves: a peer that takes bytes is there, even while it says nothing.
struct OutgoingBytes {
    private var last = 0

    mutating func isMoving(on channel: any Channel) -> Bool {
        let left = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        defer { last = left }
        return left > 0 && left < last
    }
}
