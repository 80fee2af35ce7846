import LanternWire
import NIOCore

extension RemoteProxy {
    /// Asks the far side for a sign of life, connecting first when there is no connection: is it still there?
    ///
    /// A Pyro daemon answers when it is done with the call that is under way.
    ///
    /// - Parameter timeout: the proxy's own when nil.
    /// - Throws: what a call would throw; the next call connects anew.
    public func ping(timeout: Duration? = nil) async throws {
        let deadline = ContinuousClock.now.advanced(by: timeout ?? options.timeout)
        do {
            let connection = try await connection(before: deadline)
            let frame = Frame.ping(version: connection.handshake.version, sequence: 0)
            _ = try await connection.call(frame, body: Array(buffer: frame.payload), deadline: deadline)
        } catch let unsent as CallNotSent {
            throw unsent.reason
        }
    }
}
