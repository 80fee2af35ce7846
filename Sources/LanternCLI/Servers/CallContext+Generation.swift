import Lantern
import LanternWire

extension CallContext {
    /// Whether the caller speaks Pyro4's wire version.
    var isPyro4: Bool { wireVersion == .v48 }
}
