import Lantern

extension CallContext {
    /// Whether the caller speaks Pyro4's wire version.
    var isPyro4: Bool { generation == .pyro4 }
}
