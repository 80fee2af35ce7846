import NIOCore
import Testing

@testable import LanternWire

struct CallDeadlineTests {
    @Test("the time left is four bytes of milliseconds")
    func layout() throws {
        let deadline = CallDeadline(.seconds(5))
        #expect(deadline.data == ByteBuffer(bytes: [0, 0, 0x13, 0x88]))
        #expect(try CallDeadline(reading: deadline.data).duration == .seconds(5))
    }

    @Test(
        "any duration fits",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
            (.seconds(-1), 0), (.nanoseconds(-1), 0), (.milliseconds(4_294_967_294), .max - 1),
            (.milliseconds(4_294_967_295), .max), (.milliseconds(4_294_967_296), .max),
            (.seconds(4_294_968), .max), (.seconds(Int64.max), .max), (.seconds(Int64.min), 0),
        ] as [(Duration, UInt32)])
    func clamped(duration: Duration, milliseconds: UInt32) {
        #expect(CallDeadline(duration).milliseconds == milliseconds)
    }

    @Test("a wrong size is refused", arguments: [0, 3, 5])
    func wrongSize(size: Int) {
        let data = ByteBuffer(repeating: 0, count: size)
        let error = #expect(throws: WireError.self) { try CallDeadline(reading: data) }
        #expect(error?.code == .badAnnotation)
    }

    @Test("travels with a call, alone and beside other annotations", arguments: WireVersion.allCases, [0, 1])
    func travels(version: WireVersion, others: Int) throws {
        var call = Frame(version: version, type: .invoke, payload: ByteBuffer(string: "body"))
        call.deadline = CallDeadline(milliseconds: 0x0102_0304)
        if others > 0, let tag = AnnotationTag("ABCD") { call.annotations[tag] = ByteBuffer(string: "data") }
        #expect(try sent(call) == call)
    }

    @Test("a call without the annotation has no deadline", arguments: WireVersion.allCases)
    func missing(version: WireVersion) throws {
        #expect(try sent(Frame(version: version, type: .invoke)).deadline == nil)
    }

    @Test("an annotation of another size under that name is an ordinary one", arguments: [0, 3, 5])
    func otherSize(size: Int) throws {
        var call = Frame(version: .v502, type: .invoke)
        call.annotations[.deadline] = ByteBuffer(repeating: 0, count: size)
        let read = try sent(call)
        #expect(read.deadline == nil)
        #expect(read.annotations[.deadline]?.readableBytes == size)
    }

    private func sent(_ frame: Frame) throws -> Frame {
        var bytes = ByteBuffer()
        try FrameEncoder.encode(frame, into: &bytes)
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&bytes)
        return try #require(try decoder.next())
    }
}
