package import LanternTrust

/// Which datagrams a name server answers: the rules of the responder, without a socket.
package struct BroadcastRules: Sendable {
    package enum Question: Sendable, Hashable {
        /// Of Pyro4 or Pyro5: they ask with the same nine bytes.
        case pyro
        case lantern(DiscoveryAsk)
    }

    static let pyroQuestion = Array("GET_NSURI".utf8)
    /// Pyro's programs read no more of an answer.
    package static let longestPyroAnswer = 100

    private let isAnsweringPyro: Bool
    private let answersPerSecond: Int
    /// In nanoseconds.
    private var second: ClosedRange<UInt64>?
    private var answered = 0

    package init(isAnsweringPyro: Bool = true, answersPerSecond: Int = 50) {
        self.isAnsweringPyro = isAnsweringPyro
        self.answersPerSecond = answersPerSecond
    }

    /// The question that is to be answered; nil for what is none, and for questions beyond the rate.
    ///
    /// - Parameter now: nanoseconds of a clock that does not go back.
    package mutating func question(in datagram: some Collection<UInt8>, at now: UInt64) -> Question? {
        let question: Question
        if datagram.count == Self.pyroQuestion.count, isAnsweringPyro {
            guard datagram.elementsEqual(Self.pyroQuestion) else { return nil }
            question = .pyro
        } else {
            guard let ask = DiscoveryAsk(reading: datagram) else { return nil }
            question = .lantern(ask)
        }
        if second?.contains(now) != true {
            second = now...(now.addingReportingOverflow(999_999_999).overflow ? .max : now + 999_999_999)
            answered = 0
        }
        guard answered < answersPerSecond else { return nil }
        answered += 1
        return question
    }
}
