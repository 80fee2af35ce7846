import Glibc
public import LanternWire
public import Logging
public import ServiceLifecycle
import UnixSignals

extension Daemon {
    /// Prints `READY <uri>` on standard output, at once: scripts that start a server wait for that line.
    public func announce(_ uri: PyroURI) {
        let line = Array("READY \(uri)\n".utf8)
        var rest = line[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }

    /// Runs the daemon as a whole program does: until SIGTERM or SIGINT, then drains and returns. As a systemd unit of
    /// `Type=notify` it says when it is ready, alive and stopping (``ServiceNotifier``).
    ///
    /// - Parameter others: services that start with the daemon and end with it.
    public func runUntilTerminated(
        with others: [any Service] = [], logger: Logger = Logger(label: "lantern")
    ) async throws {
        // Last: what starts last ends first, so systemd hears of the end before the drain.
        let notifier: [any Service] = ServiceNotifier(watching: self).map { [$0] } ?? []
        let group = ServiceGroup(
            services: [self] + others + notifier, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        try await group.run()
    }
}
