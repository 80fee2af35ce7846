import LanternValue
import LanternWire
import NIOCore

/// Pushed item streams: arguments that we produce, results that the far side does.
extension ClientChannelHandler: StreamCarrier {
    func carry(_ frame: Frame, body: [UInt8]) {
        do {
            try FrameEncoder.encode(frame, body: body, into: &output, limits: handshake.frameLimits)
        } catch {
            fail(error)
        }
    }

    var takesMore: Bool {
        if output.readableBytes >= OutgoingStream.maximumPending { flush() }
        return context?.channel.isWritable ?? false
    }

    /// What callbacks may do is no reason to end the connection that they come over.
    func endForbidden() -> Bool { false }

    /// Made at the first stream: most connections have none.
    var streams: PushedStreams {
        if let pushed { return pushed }
        let mailbox = link.mailbox
        let made = PushedStreams(
            PushedStreams.Setup(
                side: .client, limits: handshake.streamLimits, version: handshake.version,
                errors: handshake.errors, decoding: DecodingLimits(), eventLoop: mailbox.eventLoop,
                post: { mailbox.post(.stream($0)) }),
            carrier: self)
        pushed = made
        return made
    }

    /// Gives a call the stream that its answer brings. When that breaks the rules the call fails, as all others do then.
    func takeStream(_ frame: Frame, for call: PendingCall) throws {
        do {
            call.pushed = try acceptStream(frame)
        } catch {
            let reason = LanternError(
                .protocolViolation, "\(handshake.address) answered with no proper item stream", cause: error)
            call.resume(.failure(reason))
            throw reason
        }
    }

    /// The stream that an answer brings; nil for one that is pulled.
    ///
    /// - Throws: ``StreamViolation``, ``WireError``.
    func acceptStream(_ frame: Frame) throws -> IncomingStream? {
        guard let data = frame.annotations[.pushedStreams] else { return nil }
        guard kind.pushesStreams, let format = frame.serializer.format else {
            throw LanternError(
                .protocolViolation, "\(handshake.address) pushes an item stream that was not agreed on")
        }
        let numbers = try StreamNumbers(reading: data, maximum: StreamLimits.argumentsPerCall)
        guard numbers.numbers.count == 1 else { throw StreamViolation.notOneStream(numbers.numbers.count) }
        return try streams.accept(numbers, as: format).first ?? nil
    }

    /// Gives the streams among a call's arguments their numbers.
    ///
    /// - Returns: why that cannot be; the call is not to be sent then.
    func open(_ call: PendingCall) -> LanternError? {
        guard kind.pushesStreams, let format = call.frame.serializer.format else {
            return LanternError(
                .notSupported,
                "\(handshake.address) takes no item streams as arguments: it is no Lantern program, or one side has streamDelivery .pulled"
            )
        }
        guard let numbers = streams.open(call.streams, as: format) else { return StreamPlaces.full }
        call.streams = []
        call.streamNumbers = numbers.numbers
        call.frame.annotations[.pushedStreams] = numbers.data
        return nil
    }

    /// Nobody waits for the call any more, so its arguments need not come.
    func stopStreams(of call: PendingCall) {
        for number in call.streamNumbers { pushed?.end(number, with: CancellationError()) }
        call.streamNumbers = []
    }
}
