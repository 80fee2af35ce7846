extension Frame {
    /// Asks the far side to stop the call with this sequence number.
    package static func cancel(sequence: UInt16, version: WireVersion) -> Frame {
        Frame(version: version, type: .cancel, sequence: sequence)
    }

    /// Asks the far side to start no new calls on this connection.
    package static func drain(version: WireVersion) -> Frame {
        Frame(version: version, type: .drain)
    }
}
