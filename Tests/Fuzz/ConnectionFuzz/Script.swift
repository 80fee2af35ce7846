import NIOCore

@testable import LanternWire

/// What a peer says, in far fewer bytes than on the wire, so that the fuzzer need not find headers and lengths.
///
/// | first byte | then | step |
/// |--:|:--|:--|
/// | 0–15 (its place among ``types``) | flags, serializer, number, annotations, payload | a message |
/// | 16 | length, bytes | bytes that are no message |
/// | 17 | tenths of a second | time passes |
/// | 18 | | the connection takes no more, or takes more again |
/// | other | | the loop turns |
///
/// Annotations are a count up to 3 and, for each, the place among ``tags``, a length and bytes. Lengths are one byte,
/// that of the payload two.
struct Script: Sequence, IteratorProtocol {
    enum Step {
        case message(Frame)
        case bytes([UInt8])
        case time(tenths: UInt8)
        case writability
        case turn
    }

    static let types: [MessageType] = [
        .invoke, .result, .ping, .cancel, .streamItem, .streamEnd, .streamCredit, .drain, .connect,
        .connectOK,
        .connectFail, .init(rawValue: 7), .init(rawValue: 37), .invoke, .result, .streamItem,
    ]
    static let serializers: [WireSerializer] = [.serpent, .json, .marshal, .msgpack, .pickle, .unknown(9)]
    static let tags: [AnnotationTag] = [.deadline, .pushedStreams, .blob, .lantern, .stream, .handshakeData]

    private var rest: ArraySlice<UInt8>
    private var steps = 0

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> Step? {
        steps += 1
        guard steps < 200, let kind = rest.popFirst() else { return nil }
        switch kind {
        case 0...15: return .message(message(Self.types[Int(kind)]))
        case 16: return .bytes(bytes(byte()))
        case 17: return .time(tenths: byte())
        case 18: return .writability
        default: return .turn
        }
    }

    private mutating func message(_ type: MessageType) -> Frame {
        var frame = Frame(version: .v502, type: type)
        frame.flags = FrameFlags(rawValue: byte() & 0x7F)
        frame.flags.subtract(.compressed)
        frame.serializer = Self.serializers[Int(byte()) % Self.serializers.count]
        frame.sequence = UInt16(byte())
        for _ in 0..<byte() & 3 {
            let tag = Self.tags[Int(byte()) % Self.tags.count]
            frame.annotations[tag] = ByteBuffer(bytes: bytes(byte()))
        }
        let (high, low) = (Int(byte()), Int(byte()))
        frame.payload = ByteBuffer(bytes: bytes(high << 8 | low))
        return frame
    }

    private mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    private mutating func bytes(_ count: some BinaryInteger) -> [UInt8] {
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }
}
