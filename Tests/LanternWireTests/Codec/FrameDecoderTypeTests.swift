import NIOCore
import Testing

@testable import LanternWire

/// Which message types are let in.
struct FrameDecoderTypeTests {
    static let pyro = Set<UInt16>(1...6)
    static let lantern = Set<UInt16>(32...36)

    @Test("without an agreement only Pyro's six types are taken", arguments: WireVersion.allCases)
    func plain(version: WireVersion) throws {
        for number in 0...255 as ClosedRange<UInt16> {
            #expect(try taken(number, version, extensions: false) == Self.pyro.contains(number), "\(number)")
        }
    }

    @Test("with an agreement Lantern's types are taken too", arguments: WireVersion.allCases)
    func extended(version: WireVersion) throws {
        let expected = Self.pyro.union(Self.lantern)
        for number in 0...255 as ClosedRange<UInt16> {
            #expect(try taken(number, version, extensions: true) == expected.contains(number), "\(number)")
        }
    }

    @Test("v48 has room for large type numbers, and they are refused")
    func largeNumbers() throws {
        #expect(try taken(0x0104, .v48, extensions: true) == false)
        #expect(try taken(0xFFFF, .v48, extensions: true) == false)
    }

    private func taken(_ number: UInt16, _ version: WireVersion, extensions: Bool) throws -> Bool {
        var bytes = try Samples.encoded(Frame(version: version, type: MessageType(rawValue: number)))
        var decoder = FrameDecoder(limits: .standard)
        decoder.acceptsExtensions = extensions
        decoder.append(&bytes)
        do {
            return try decoder.next()?.type.rawValue == number
        } catch {
            #expect(error.code == .badType)
            return false
        }
    }
}
