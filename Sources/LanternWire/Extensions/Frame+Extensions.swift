import NIOCore

extension Frame {
    /// Asks the far side to stop the call with this sequence number.
    package static func cancel(sequence: UInt16, version: WireVersion) -> Frame {
        Frame(version: version, type: .cancel, sequence: sequence)
    }

    /// Asks for a sign of life.
    package static func ping(version: WireVersion, sequence: UInt16) -> Frame {
        Frame(
            version: version, type: .ping, sequence: sequence, serializer: .marshal,
            payload: ByteBuffer(string: "ping"))
    }

    /// Answers a ping, as Pyro's daemons do.
    package static func pong(answering ping: Frame) -> Frame {
        Frame(
            version: ping.version, type: .ping, sequence: ping.sequence, serializer: ping.serializer,
            correlationID: ping.correlationID, payload: ByteBuffer(string: "pong"))
    }

    /// Whether this asks for a sign of life, or is one: a PING that says `pong` answers another.
    package var isPing: Bool { type == .ping && !isPong }
    package var isPong: Bool { type == .ping && payload.readableBytesView.elementsEqual("pong".utf8) }

    /// Asks the far side to start no new calls on this connection.
    ///
    /// - Parameter reason: why the connection ends at once, for the far side's caller.
    package static func drain(version: WireVersion, reason: String? = nil) -> Frame {
        Frame(
            version: version, type: .drain,
            payload: reason.map { ByteBuffer(string: String($0.prefix(maximumReason))) } ?? ByteBuffer())
    }

    /// Asks the far side to follow this connection by a new one when it likes: this side shows another certificate or
    /// key now. Calls are served as before.
    package static func renewal(version: WireVersion) -> Frame {
        Frame(version: version, type: .drain, sequence: renewalSequence)
    }

    /// The sequence number of a drain frame that only asks for another connection.
    package static let renewalSequence: UInt16 = 1

    private static let maximumReason = 200

    /// Why the far side ends the connection, when it says so: printable ASCII, at most 200 characters of it.
    package var drainReason: String? {
        guard type == .drain, payload.readableBytes > 0 else { return nil }
        let text = payload.readableBytesView.prefix(Self.maximumReason)
            .map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: text, as: UTF8.self)
    }
}
