import LanternValue

/// How sequences become pushed streams.
extension OutgoingStream {
    /// Sends what a sequence holds, as many items at a time as there is room for, without a suspension between them.
    func send<S: Sequence>(
        _ sequence: S, _ write: (S.Element, inout ValueWriter) throws -> Void
    ) async throws {
        var iterator = sequence.makeIterator()
        var chunk = ItemChunk(format: format)
        while true {
            let room = try await room()
            do {
                let isOver = try fill(&chunk, from: &iterator, room: room, write)
                put(&chunk)
                if isOver { return }
            } catch {
                put(&chunk)
                throw error
            }
            // Lets the connection send this chunk, and others have their turn, when they share a thread with us.
            await Task.yield()
        }
    }

    /// - Returns: whether the sequence is over.
    private func fill<I: IteratorProtocol>(
        _ chunk: inout ItemChunk, from iterator: inout I, room: Room,
        _ write: (I.Element, inout ValueWriter) throws -> Void
    ) throws -> Bool {
        let start = ContinuousClock.now
        while chunk.count < room.items, chunk.size < room.size {
            guard let item = iterator.next() else { return true }
            try chunk.append(maximum: maximumItem) { try write(item, &$0) }
            // A sequence that takes its time shows what it has.
            if chunk.count % 8 == 0, start.duration(to: .now) > .microseconds(500) { break }
        }
        return false
    }

    /// Sends what an asynchronous sequence gives; items that came while the connection was busy share a message.
    func send<S: AsyncSequence>(
        _ sequence: S, _ write: (S.Element, inout ValueWriter) throws -> Void
    ) async throws {
        var iterator = sequence.makeAsyncIterator()
        try await send(next: { try await iterator.next(isolation: nil) }, write)
    }

    func send<Element>(
        next: () async throws -> Element?, _ write: (Element, inout ValueWriter) throws -> Void
    ) async throws {
        var chunk = ItemChunk(format: format)
        var left = try await room()
        while let item = try await next() {
            try chunk.append(maximum: maximumItem) { try write(item, &$0) }
            left.items -= 1
            left.size -= chunk.size
            put(&chunk)
            if left.items <= 0 || left.size <= 0 { left = try await room() }
        }
    }
}
