public import Logging
public import ServiceLifecycle
import UnixSignals

extension Daemon {
    /// Runs the daemon as a whole program does: until SIGTERM or SIGINT, then drains and returns.
    ///
    /// - Parameter others: services that start with the daemon and end with it.
    public func runUntilTerminated(
        with others: [any Service] = [], logger: Logger = Logger(label: "lantern")
    ) async throws {
        let group = ServiceGroup(
            services: [self] + others, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}
