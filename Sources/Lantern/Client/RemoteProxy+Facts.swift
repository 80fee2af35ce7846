/// What the far side told about itself when the connection was made: for tools that look for faults.
extension RemoteProxy {
    /// How far the far side's clock is ahead of ours; negative when it is behind. The time that its answer was under way
    /// is part of it.
    package func clockAhead() async throws -> Duration {
        guard caller == nil else { return .zero }
        return try await connection(before: .now.advanced(by: options.timeout)).handshake.clockAhead
    }

    /// Those of the object's methods that the far side's policy lets us call.
    package func callableMethods() async throws -> Set<String> {
        guard caller == nil else { return [] }
        return try await connection(before: .now.advanced(by: options.timeout)).handshake.metadata.methods
    }

    /// Whether the far side is Lantern, and announced it.
    func isLantern() async throws -> Bool {
        guard caller == nil else { return true }
        return try await connection(before: .now.advanced(by: options.timeout)).handshake.kind.isLantern
    }
}
