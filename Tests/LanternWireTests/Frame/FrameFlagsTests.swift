import Testing

@testable import LanternWire

struct FrameFlagsTests {
    @Test(
        "each flag has the bit of its version",
        arguments: [
            (FrameFlags.exception, 0x01, 0x01), (.compressed, 0x02, 0x02), (.oneway, 0x04, 0x04),
            (.batch, 0x08, 0x08), (.metaOnConnect, 0x10, 0), (.itemStreamResult, 0x20, 0x10),
            (.keepSerialized, 0x40, 0x20),
        ] as [(FrameFlags, UInt16, UInt16)])
    func bits(flag: FrameFlags, old: UInt16, new: UInt16) {
        #expect(flag.raw(in: .v48) == old)
        #expect(flag.raw(in: .v502) == new)
        #expect(FrameFlags(raw: old, version: .v48) == flag)
        #expect(FrameFlags(raw: new, version: .v502) == (new == 0 ? [] : flag))
    }

    @Test("unknown bits are dropped and all known ones survive", arguments: WireVersion.allCases)
    func everyPattern(version: WireVersion) {
        let known: UInt16 = version == .v48 ? 0x7F : 0x3F
        for raw in 0...0x1FF as ClosedRange<UInt16> {
            #expect(FrameFlags(raw: raw, version: version).raw(in: version) == raw & known)
        }
    }
}
