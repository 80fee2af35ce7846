import LanternValue
import LanternWire
import NIOCore
import Synchronization

/// Pulls the items of one stream from the far side, as Pyro's stream results do.
///
/// A Lantern peer gives several at once when it has them at hand.
final class StreamReader: Sendable {
    private struct State {
        var ahead: [CallAnswer] = []
        var taken = 0
        var isOver = false

        mutating func takeAhead() -> CallAnswer? {
            guard taken < ahead.count else { return nil }
            defer { taken += 1 }
            return ahead[taken]
        }
    }

    private let proxy: RemoteProxy
    private let id: String
    private let readsAhead: Bool
    private let state = Mutex(State())

    /// - Parameter readsAhead: whether the far side is a Lantern program.
    init(proxy: RemoteProxy, id: String, readsAhead: Bool) {
        self.proxy = proxy
        self.id = id
        // Where one document ends and the next begins is plain to see in msgpack only.
        self.readsAhead = readsAhead && proxy.options.serializer == .msgpack
    }

    func next() async throws -> CallAnswer? {
        let (known, isOver) = state.withLock { ($0.takeAhead(), $0.isOver) }
        if known != nil || isOver { return known }
        do {
            guard readsAhead else { return try await call("get_next_stream_item") }
            return try keep(await call("get_next_stream_items"))
        } catch let error as RemoteError where error.type == "builtins.StopIteration" {
            end()
            return nil
        } catch {
            end()
            throw error
        }
    }

    /// Tells the far side, without waiting, unless the stream has ended by itself.
    func close() {
        guard end() else { return }
        // Nobody waits for this: the far side ends the stream by itself when the notice does not arrive.
        Task { [self] in
            _ = try? await proxy.send(flags: .oneway, object: "Pyro.Daemon") { object, format in
                try body("close_stream", object, format)
            }
        }
    }

    /// - Returns: whether it had not ended before.
    @discardableResult
    private func end() -> Bool {
        state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
    }

    /// Keeps the items of an answer, `[is over, item, item, …]`, and takes the first.
    private func keep(_ answer: CallAnswer) throws -> CallAnswer? {
        let (isOver, items) = try answer.members()
        return state.withLock { state in
            state.ahead = items
            state.taken = 0
            if isOver { state.isOver = true }
            return state.takeAhead()
        }
    }

    private func call(_ method: String) async throws -> CallAnswer {
        try await proxy.send(flags: FrameFlags(rawValue: 0), object: "Pyro.Daemon") { object, format in
            try body(method, object, format)
        }
    }

    private func body(_ method: String, _ object: String, _ format: SerializerFormat) throws -> [UInt8] {
        var call = try CallWriter(format: format, object: object, method: method, argumentCount: 1)
        try call.arguments.write(id)
        return try call.finish()
    }
}

extension CallAnswer {
    /// A list's first member, a bool, and the others, still encoded.
    fileprivate func members() throws -> (Bool, [CallAnswer]) {
        guard format == .msgpack else {
            throw LanternError(.protocolViolation, "stream items came in another serializer than asked for")
        }
        do {
            let (flag, ranges) = try splitMsgpackList(Array(buffer: frame.payload))
            return (
                flag,
                ranges.map { range in
                    var item = frame
                    item.payload.moveReaderIndex(forwardBy: range.lowerBound)
                    item.payload = item.payload.readSlice(length: range.count) ?? ByteBuffer()
                    var answer = CallAnswer(frame: item, format: format)
                    answer.references = references
                    return answer
                }
            )
        } catch {
            throw LanternError(.serialization, "stream items cannot be read", cause: error)
        }
    }
}
