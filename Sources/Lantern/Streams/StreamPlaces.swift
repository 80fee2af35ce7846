package import LanternTrust
import Synchronization

/// How many streams may be open at once in one daemon, pulled and pushed together, in all and for one identity.
package final class StreamPlaces: Sendable {
    private struct State {
        var total = 0
        var perOwner: [PeerIdentity: Int] = [:]
    }

    private let maximum: Int
    private let maximumPerIdentity: Int
    private let state = Mutex(State())

    package init(maximum: Int, maximumPerIdentity: Int) {
        self.maximum = maximum
        self.maximumPerIdentity = maximumPerIdentity
    }

    package var count: Int { state.withLock(\.total) }

    /// A place, until it is dropped.
    ///
    /// - Throws: ``LanternError/Code/overloaded`` when there are too many.
    package func take(for owner: PeerIdentity) throws(LanternError) -> StreamPlace {
        let isFree = state.withLock { state in
            guard state.total < maximum, state.perOwner[owner, default: 0] < maximumPerIdentity else {
                return false
            }
            state.total += 1
            state.perOwner[owner, default: 0] += 1
            return true
        }
        guard isFree else { throw Self.full }
        return StreamPlace(places: self, owner: owner)
    }

    fileprivate func give(for owner: PeerIdentity) {
        state.withLock { state in
            state.total -= 1
            let left = state.perOwner[owner, default: 1] - 1
            state.perOwner[owner] = left > 0 ? left : nil
        }
    }

    package static let full = LanternError(.overloaded, "too many open item streams; close some first")
}

/// One stream's place among those of its daemon; given back when nobody holds it any more.
package final class StreamPlace: Sendable {
    private let places: StreamPlaces
    private let owner: PeerIdentity

    fileprivate init(places: StreamPlaces, owner: PeerIdentity) {
        self.places = places
        self.owner = owner
    }

    deinit { places.give(for: owner) }
}
