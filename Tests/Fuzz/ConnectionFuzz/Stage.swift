import Dispatch
import Glibc
import LanternTLS
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded

@testable import LanternWire

/// One end of a connection on a loop that turns when it is told to.
final class Stage {
    let embedded = EmbeddedEventLoop()
    let loop: StageLoop
    let channel: EmbeddedChannel
    private var written = FrameDecoder(limits: FrameLimits(maximumMessage: 1 << 22, maximumInflated: 1 << 22))
    private let version: WireVersion

    init(version: WireVersion) {
        self.version = version
        loop = StageLoop(embedded)
        channel = EmbeddedChannel(loop: embedded)
        written.acceptsExtensions = true
    }

    func enter(_ handler: any ChannelHandler) throws {
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    /// Plays a step, and gives what our end says to it.
    func play(_ step: Script.Step, adjust: (inout Frame) -> Void) -> [Frame] {
        switch step {
        case .message(var frame):
            frame.version = version
            adjust(&frame)
            var bytes = ByteBuffer()
            if (try? FrameEncoder.encode(frame, into: &bytes)) != nil { _ = try? channel.writeInbound(bytes) }
        case .bytes(let bytes): _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        case .time(let tenths): embedded.advanceTime(by: .milliseconds(Int64(tenths) * 100))
        case .writability:
            channel.isWritable.toggle()
            channel.pipeline.fireChannelWritabilityChanged()
        case .turn: break
        }
        turn()
        return answers()
    }

    func send(_ frame: Frame) throws {
        var bytes = ByteBuffer()
        try FrameEncoder.encode(frame, into: &bytes)
        try channel.writeInbound(bytes)
        turn()
    }

    /// What our end has written must be messages.
    func answers() -> [Frame] {
        var frames: [Frame] = []
        do {
            while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
                written.append(&bytes)
                while let frame = try written.next() { frames.append(frame) }
            }
        } catch {
            fatalError("an answer is no message: \(error)")
        }
        return frames
    }

    func turn() {
        loop.takeOver()
        embedded.run()
    }

    /// Ends the connection and waits for the handlers that run on other threads.
    func end(until isOver: () -> Bool, or complaint: String) {
        _ = try? channel.close().wait()
        turn()
        for _ in 0..<20_000 {
            if isOver() { return }
            usleep(100)
            embedded.advanceTime(by: .milliseconds(1))
            turn()
        }
        fatalError(complaint)
    }
}

/// The embedded loop for those that are on it, and a way in for handlers on other threads.
final class StageLoop: EventLoop {
    private let embedded: NIOLoopBound<EmbeddedEventLoop>
    private let thread = pthread_self()
    private let given = NIOLockedValueBox<[@Sendable () -> Void]>([])

    init(_ embedded: EmbeddedEventLoop) { self.embedded = NIOLoopBound(embedded, eventLoop: embedded) }

    var inEventLoop: Bool { pthread_equal(thread, pthread_self()) != 0 }

    func execute(_ task: @escaping @Sendable () -> Void) {
        if inEventLoop { embedded.value.execute(task) } else { given.withLockedValue { $0.append(task) } }
    }

    /// Hands over what other threads gave.
    func takeOver() {
        let tasks = given.withLockedValue { given in
            defer { given = [] }
            return given
        }
        for task in tasks { embedded.value.execute(task) }
    }

    func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> { embedded.value.scheduleTask(deadline: deadline, task) }

    func scheduleTask<T>(in time: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        embedded.value.scheduleTask(in: time, task)
    }

    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        callback(nil)
    }
}
