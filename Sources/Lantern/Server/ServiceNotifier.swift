import Glibc
import NIOCore
public import ServiceLifecycle

/// Tells systemd that the program is ready, alive or stopping (`sd_notify`), in units of `Type=notify`.
///
/// ``Daemon/runUntilTerminated(with:logger:)`` does it by itself. A program that runs its daemon in another way adds
/// one of these to its service group, last, so that it is the first to hear of the end:
///
/// ```swift
/// let services: [any Service] = [daemon] + [ServiceNotifier(watching: daemon)].compactMap(\.self)
/// try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
///
/// With `WatchdogSec=` in the unit a sign of life goes out twice in that time, and only after each event loop and a
/// thread for handlers have answered: a program that hangs is started anew by systemd.
///
/// - Source: `sd_notify(3)`: datagrams of `NAME=value` lines to the Unix socket that `NOTIFY_SOCKET` names.
public struct ServiceNotifier: Service {
    /// What is told.
    public enum State: Sendable, Hashable {
        case ready
        case stopping
        /// Alive.
        case watchdog
        /// A line for `systemctl status`; at most 256 characters, control characters become spaces.
        case status(String)
    }

    private let socket: String
    /// Half of the time within which systemd wants a sign of life; nil when it wants none.
    let interval: Duration?
    private let group: (any EventLoopGroup)?

    /// - Returns: nil when systemd did not start this program as a unit of `Type=notify`.
    public init?(watching daemon: Daemon) {
        self.init(environment: Self.environment, group: daemon.settings.eventLoopGroup)
    }

    /// - Returns: nil without `NOTIFY_SOCKET`. A `WATCHDOG_PID` of another process means that no sign of life is
    ///   wanted from this one.
    init?(environment: [String: String], group: (any EventLoopGroup)?) {
        guard let name = environment["NOTIFY_SOCKET"], let first = name.utf8.first,
            first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), name.utf8.count > 1
        else { return nil }
        socket = first == UInt8(ascii: "@") ? "\0" + name.dropFirst() : name
        self.group = group
        let isOurs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        interval = isOurs && microseconds > 0 ? .microseconds(microseconds) / 2 : nil
    }

    private static var environment: [String: String] {
        var found: [String: String] = [:]
        for name in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] {
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
        return found
    }

    /// Sends one datagram and does not wait.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the system's reason. A program goes on without.
    public func notify(_ state: State) throws {
        try UnixSocket.send(Self.text(of: state), to: socket)
    }

    static func text(of state: State) -> String {
        switch state {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .watchdog: "WATCHDOG=1"
        case .status(let line):
            "STATUS="
                + String(
                    line.prefix(256).map { $0.isNewline || $0.asciiValue.map { $0 < 32 } == true ? " " : $0 })
        }
    }

    /// Says that the program is ready, gives signs of life, and says when it stops.
    public func run() async throws {
        try? notify(.ready)
        await cancelWhenGracefulShutdown {
            while let interval, !Task.isCancelled {
                if await Liveness.isGiven(of: group) { try? notify(.watchdog) }
                try? await Task.sleep(for: interval)
            }
            // Without a watchdog there is nothing to do until the end.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        }
        try? notify(.stopping)
    }
}
