package import LanternValue
package import LanternWire

/// What is known of one call while it is served: by reference, since it is handed through many functions.
package final class ServedCall: Sendable {
    /// What is the same for all calls of the connection.
    package let caller: Caller
    package let object: String
    package let method: String
    package let serializer: SerializerFormat
    package let correlation: CorrelationID
    /// When the caller stops waiting; nil when it did not say.
    package let deadline: ContinuousClock.Instant?
    package let isOneway: Bool
    package let isBatch: Bool
    package let sequence: UInt16
    package let version: WireVersion
    package let request: Annotations
    /// The streams that came as arguments.
    package let streams: StreamArguments?
    package let notes = CallNotes()

    init(
        _ frame: Frame, from caller: Caller, as serializer: SerializerFormat, object: String = "",
        method: String = "", deadline: ContinuousClock.Instant?, streams: StreamArguments?
    ) {
        self.caller = caller
        self.object = object
        self.method = method
        self.serializer = serializer
        correlation = frame.correlationID ?? .random()
        self.deadline = deadline
        isOneway = frame.flags.contains(.oneway)
        isBatch = frame.flags.contains(.batch)
        sequence = frame.sequence
        version = frame.version
        request = frame.annotations
        self.streams = streams
    }
}
