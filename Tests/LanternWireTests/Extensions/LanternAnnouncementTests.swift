import NIOCore
import Testing

@testable import LanternWire

struct LanternAnnouncementTests {
    @Test("an announcement is a version and a bit set")
    func layout() throws {
        let announcement = LanternAnnouncement(features: [.multiplexedCalls, .cancellation, .drainNotice])
        #expect(announcement.data == ByteBuffer(bytes: [1, 0, 0, 0, 0b10_0011]))
        #expect(try LanternAnnouncement(reading: announcement.data) == announcement)
    }

    @Test(
        "each feature has its bit",
        arguments: [
            (LanternAnnouncement.Features.multiplexedCalls, 0), (.cancellation, 1), (.deadlines, 2),
            (.pushedStreams, 3), (.traceContext, 4), (.drainNotice, 5),
        ])
    func bits(feature: LanternAnnouncement.Features, bit: Int) {
        #expect(feature.rawValue == 1 << UInt32(bit))
    }

    @Test("features that we do not know do no harm")
    func unknownBits() throws {
        let read = try LanternAnnouncement(reading: ByteBuffer(bytes: [1, 0xFF, 0xFF, 0xFF, 0xFF]))
        let ours: LanternAnnouncement.Features = [.cancellation, .deadlines]
        #expect(read?.features.intersection(ours) == ours)
    }

    @Test(
        "another version counts as no announcement",
        arguments: [[0], [2], [2, 0, 0], [255, 0, 0, 0, 1]] as [[UInt8]])
    func otherVersion(bytes: [UInt8]) throws {
        #expect(try LanternAnnouncement(reading: ByteBuffer(bytes: bytes)) == nil)
    }

    @Test("a wrong size is refused", arguments: [[], [1], [1, 0, 0, 0], [1, 0, 0, 0, 1, 0]] as [[UInt8]])
    func wrongSize(bytes: [UInt8]) {
        var annotations = Annotations()
        annotations[.lantern] = ByteBuffer(bytes: bytes)
        let error = #expect(throws: WireError.self) { try annotations.announcement() }
        #expect(error?.code == .badAnnotation)
    }

    @Test("a peer without the annotation has announced nothing")
    func missing() throws {
        #expect(try Annotations().announcement() == nil)
    }

    @Test("cancel and drain carry nothing but the sequence number", arguments: WireVersion.allCases)
    func messages(version: WireVersion) throws {
        var bytes = try Samples.encoded(.cancel(sequence: 7, version: version), .drain(version: version))
        #expect(bytes.readableBytes == 2 * version.headerSize)
        var decoder = FrameDecoder(limits: .standard)
        decoder.acceptsExtensions = true
        decoder.append(&bytes)
        #expect(try decoder.next() == Frame(version: version, type: .cancel, sequence: 7))
        #expect(try decoder.next() == Frame(version: version, type: .drain))
    }
}
