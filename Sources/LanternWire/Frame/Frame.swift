package import NIOCore

/// One message, free of the differences between the versions.
package struct Frame: Sendable, Hashable {
    package var version: WireVersion
    package var type: MessageType
    package var flags: FrameFlags
    package var sequence: UInt16
    package var serializer: WireSerializer
    /// v502 has it in the header, v48 as the annotation CORR; here it is never among ``annotations`` of v48.
    package var correlationID: CorrelationID?
    package var annotations: Annotations
    /// The time left for a call, which travels as the annotation LDLN; here it is never among ``annotations``.
    package var deadline: CallDeadline?
    /// Always plain; compression is the codec's affair.
    package var payload: ByteBuffer

    package init(
        version: WireVersion,
        type: MessageType,
        flags: FrameFlags = FrameFlags(rawValue: 0),
        sequence: UInt16 = 0,
        serializer: WireSerializer = .serpent,
        correlationID: CorrelationID? = nil,
        annotations: Annotations = Annotations(),
        deadline: CallDeadline? = nil,
        payload: ByteBuffer = ByteBuffer()
    ) {
        self.version = version
        self.type = type
        self.flags = flags
        self.sequence = sequence
        self.serializer = serializer
        self.correlationID = correlationID
        self.annotations = annotations
        self.deadline = deadline
        self.payload = payload
    }
}
