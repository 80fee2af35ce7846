/// What weakens this module, in one place.
extension TLSContext {
    /// A context whose own certificate may be out of date or of a wrong shape, so that tests and intruders of the demo
    /// can show one to a peer. The checks of peers are the same as ever.
    package static func dangerouslyIgnoringOwnDates(_ settings: TLSSettings) throws(TLSError) -> TLSContext {
        try TLSContext(settings: settings, checkingOwnDates: false)
    }
}
