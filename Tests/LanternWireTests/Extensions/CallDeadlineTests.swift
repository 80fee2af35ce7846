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
        var annotations = Annotations()
        annotations[.deadline] = ByteBuffer(repeating: 0, count: size)
        let error = #expect(throws: WireError.self) { try annotations.deadline() }
        #expect(error?.code == .badAnnotation)
    }

    @Test("a call without the annotation has no deadline")
    func missing() throws {
        #expect(try Annotations().deadline() == nil)
    }
}
