/// The rules of the pushed streams of one connection, without a socket: which are open, who may say what about them.
///
/// It judges what the far side sends and keeps the credit that we gave. The credit that we got is kept by the
/// producers, which spend it away from the event loop.
package struct StreamLedger: Sendable {
    /// Which end of the connection we are.
    package enum Side: Sendable, Hashable {
        case client, server

        /// The first number of the streams that this side produces.
        var firstNumber: UInt32 { self == .client ? 1 : 2 }

        func produces(_ stream: UInt32) -> Bool { stream % 2 == firstNumber % 2 && stream > 0 }
    }

    /// What to do with a message of the far side.
    package enum Outcome: Sendable, Hashable {
        /// Hand it to the stream.
        case take
        /// It crossed our own farewell on the way.
        case ignore
    }

    /// What a STREAMEND means.
    package enum End: Sendable, Hashable {
        /// The producer there has no more items.
        case ofItems
        /// The reader there wants no more of ours.
        case ofReading
        case ignored
    }

    private struct Incoming {
        var credit = CreditAccount()
        /// We want no more; the producer has not said its goodbye yet.
        var isStopped = false
    }

    private let side: Side
    private let limits: StreamLimits
    private var incoming: [UInt32: Incoming] = [:]
    private var outgoing: Set<UInt32> = []
    private var nextOutgoing: UInt32?
    private var lastIncoming: UInt32 = 0

    package init(side: Side, limits: StreamLimits) {
        self.side = side
        self.limits = limits
        nextOutgoing = side.firstNumber
    }

    package var isEmpty: Bool { incoming.isEmpty && outgoing.isEmpty }
    package var incomingCount: Int { incoming.count }
    package var outgoingCount: Int { outgoing.count }

    // MARK: - Opening

    /// - Returns: nil when there are too many.
    package mutating func openOutgoing() -> UInt32? {
        guard outgoing.count < limits.perConnection, let number = nextOutgoing else { return nil }
        let (next, isOver) = number.addingReportingOverflow(2)
        nextOutgoing = isOver ? nil : next
        outgoing.insert(number)
        return number
    }

    /// - Returns: false when there are too many: it counts as ended, and its producer is to be told.
    /// - Throws: ``StreamViolation/numberTaken(_:)``.
    package mutating func openIncoming(_ stream: UInt32) throws(StreamViolation) -> Bool {
        guard stream > lastIncoming, !side.produces(stream) else { throw .numberTaken(stream) }
        lastIncoming = stream
        guard incoming.count < limits.perConnection else { return false }
        incoming[stream] = Incoming()
        return true
    }

    // MARK: - What comes in

    package mutating func receivedItems(
        _ stream: UInt32, count: Int, size: Int
    ) throws(StreamViolation) -> Outcome {
        guard !side.produces(stream) else { throw .wrongDirection(stream) }
        guard var entry = incoming[stream] else {
            throw wasIncoming(stream) ? .itemsAfterEnd(stream) : .unknownStream(stream)
        }
        try entry.credit.spend(items: count, bytes: size, stream: stream)
        guard count > 1 || size <= limits.itemSize else {
            throw .itemTooLarge(stream: stream, size: size, maximum: limits.itemSize)
        }
        incoming[stream] = entry
        return entry.isStopped ? .ignore : .take
    }

    package mutating func receivedEnd(_ stream: UInt32) throws(StreamViolation) -> End {
        if side.produces(stream) {
            guard wasOutgoing(stream) else { throw .unknownStream(stream) }
            return outgoing.contains(stream) ? .ofReading : .ignored
        }
        guard let entry = incoming.removeValue(forKey: stream) else {
            // One that we refused for being too many says goodbye as well; saying it twice helps nobody.
            guard wasIncoming(stream) else { throw .unknownStream(stream) }
            return .ignored
        }
        return entry.isStopped ? .ignored : .ofItems
    }

    /// Credit for one of ours: that it adds up is for its producer to check.
    package func receivedCredit(_ stream: UInt32) throws(StreamViolation) -> Outcome {
        guard side.produces(stream) else { throw .wrongDirection(stream) }
        if outgoing.contains(stream) { return .take }
        guard wasOutgoing(stream) else { throw .unknownStream(stream) }
        return .ignore
    }

    private func wasIncoming(_ stream: UInt32) -> Bool { stream > 0 && stream <= lastIncoming }

    private func wasOutgoing(_ stream: UInt32) -> Bool { nextOutgoing.map { stream < $0 } ?? true }

    // MARK: - What goes out

    /// We give credit.
    ///
    /// - Returns: whether there is anyone to tell.
    package mutating func grant(_ stream: UInt32, items: Int, bytes: Int) -> Bool {
        guard var entry = incoming[stream], !entry.isStopped else { return false }
        do {
            try entry.credit.add(items: items, bytes: bytes, stream: stream)
        } catch {
            return false
        }
        incoming[stream] = entry
        return true
    }

    /// We read no more of a stream.
    ///
    /// - Returns: whether its producer is to be told.
    package mutating func stopReading(_ stream: UInt32) -> Bool {
        guard let entry = incoming[stream], !entry.isStopped else { return false }
        incoming[stream]?.isStopped = true
        return true
    }

    /// Our producer is done, or must not go on.
    ///
    /// - Returns: whether the reader is to be told.
    package mutating func endOutgoing(_ stream: UInt32) -> Bool {
        outgoing.remove(stream) != nil
    }
}
