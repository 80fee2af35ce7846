/// The right of one holder to keep names for a while, renewed by heartbeats.
///
/// Its number is its fencing epoch: later leases have greater ones, over restarts and restores too. Who keeps data of
/// its own elsewhere stores the epoch with it and refuses writes with a smaller one.
public struct NameLease: Sendable, Hashable {
    public let epoch: Int64
    /// The identity that it was granted to; nobody else may use it.
    public let owner: String
    /// How long it lasts without a heartbeat, in milliseconds.
    public let duration: Int64

    public init(epoch: Int64, owner: String, duration: Int64) {
        self.epoch = epoch
        self.owner = owner
        self.duration = duration
    }
}
