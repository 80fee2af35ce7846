/// Watches one connection for silence: a value without clock and socket, told of every look at the connection.
struct KeepAlive: Sendable, Hashable {
    enum Action: Sendable, Hashable {
        case nothing
        /// Ask for a sign of life.
        case ask
        /// It did not come.
        case giveUp
    }

    private var wasHeard = true
    private var silentLooks = 0
    private(set) var isAsking = false

    /// Something came.
    mutating func heard() { wasHeard = true }

    /// A look at the connection, each half interval and at the end of the patience.
    ///
    /// - Parameters:
    ///   - isExcused: the silence is not the peer's fault: we did not read, or it may not answer now.
    ///   - canAsk: whether the peer answers when asked.
    mutating func look(isExcused: Bool, canAsk: Bool) -> Action {
        if wasHeard || isExcused {
            wasHeard = false
            silentLooks = 0
            isAsking = false
            return .nothing
        }
        if isAsking { return .giveUp }
        silentLooks += 1
        guard silentLooks >= 2, canAsk else { return .nothing }
        isAsking = true
        return .ask
    }

    /// How many looks in a row found nothing.
    var silence: Int { silentLooks }
}
