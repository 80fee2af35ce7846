import LanternTrust

extension KeyUse {
    /// Writes what is left, on a thread that may block.
    func closeElsewhere() async {
        await Task.detached(executorPreference: HandlerExecutor.shared) { self.close() }.value
    }
}
