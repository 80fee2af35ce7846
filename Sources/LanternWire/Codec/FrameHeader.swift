import NIOCore

/// The fixed part in front of every frame, checked.
///
/// v48, 24 bytes, and v502, 40 bytes; integers are big-endian:
///
/// | v48 | v502 | bytes v48 / v502 | field                                                       |
/// |----:|-----:|:-----------------|:------------------------------------------------------------|
/// |   0 |    0 | 4 / 4            | the tag "PYRO"                                              |
/// |   4 |    4 | 2 / 2            | version                                                     |
/// |   6 |    6 | 2 / 1            | message type                                                |
/// |  16 |    7 | 2 / 1            | serializer                                                  |
/// |   8 |    8 | 2 / 2            | flags                                                       |
/// |  10 |   10 | 2 / 2            | sequence number                                             |
/// |  12 |   12 | 4 / 4            | payload length; v48: signed                                 |
/// |  18 |   16 | 2 / 4            | length of the annotation block                              |
/// |   - |   20 | - / 16           | correlation id, counts when the flag 0x40 is set            |
/// |  20 |   36 | 2 / 2            | reserved, ignored                                           |
/// |  22 |   38 | 2 / 2            | checksum / magic 0x4DC5                                     |
///
/// - Source: the tables at the top of Pyro4's `message.py` and Pyro5's `protocol.py`.
struct FrameHeader: Sendable, Hashable {
    static let tag: UInt32 = 0x5059_524F  // "PYRO"
    static let magic: UInt16 = 0x4DC5
    private static let checksumSeed: UInt16 = 0x34E9

    var version: WireVersion
    var type: MessageType
    var flags: FrameFlags
    var sequence: UInt16
    /// The number as the version counts.
    var serializer: UInt16
    var correlationID: CorrelationID?
    var payloadSize: UInt32
    var annotationsSize: UInt32

    /// Payload and annotations, in bytes.
    var bodySize: Int { Int(payloadSize) + Int(annotationsSize) }
}

// MARK: - Reading

extension FrameHeader {
    /// Reads the header of a version that is known already, or takes nothing when it is not all there yet.
    ///
    /// - Throws: ``WireError/Code/badChecksum``, ``WireError/Code/badMagic``, and for a negative length
    ///   ``WireError/Code/frameTooLarge``.
    init?(reading buffer: inout ByteBuffer, version: WireVersion) throws(WireError) {
        switch version {
        case .v48: try self.init(reading48: &buffer)
        case .v502: try self.init(reading502: &buffer)
        }
    }

    private init?(reading48 buffer: inout ByteBuffer) throws(WireError) {
        guard
            let (first, second, third) = buffer.readMultipleIntegers(
                as: (UInt64, UInt64, UInt64).self)
        else { return nil }
        let bits = UInt16(truncatingIfNeeded: second >> 48)
        version = .v48
        type = MessageType(rawValue: UInt16(truncatingIfNeeded: first))
        flags = FrameFlags(raw: bits, version: .v48)
        sequence = UInt16(truncatingIfNeeded: second >> 32)
        payloadSize = UInt32(truncatingIfNeeded: second)
        serializer = UInt16(truncatingIfNeeded: third >> 48)
        annotationsSize = UInt32(third >> 32 & 0xFFFF)
        correlationID = nil
        let expected = checksum(rawFlags: bits)
        guard UInt16(truncatingIfNeeded: third) == expected else {
            throw WireError(.badChecksum, "header checksum mismatch in a v48 header")
        }
        guard payloadSize <= UInt32(Int32.max) else {
            throw WireError(.frameTooLarge, "negative payload length in a v48 header")
        }
    }

    private init?(reading502 buffer: inout ByteBuffer) throws(WireError) {
        guard
            let (first, second, annotations, high, low, last) = buffer.readMultipleIntegers(
                as: (UInt64, UInt64, UInt32, UInt64, UInt64, UInt32).self)
        else { return nil }
        guard UInt16(truncatingIfNeeded: last) == Self.magic else {
            throw WireError(.badMagic, "a v502 header does not end in its magic number")
        }
        let bits = UInt16(truncatingIfNeeded: second >> 48)
        version = .v502
        type = MessageType(rawValue: UInt16(first >> 8 & 0xFF))
        serializer = UInt16(first & 0xFF)
        flags = FrameFlags(raw: bits, version: .v502)
        sequence = UInt16(truncatingIfNeeded: second >> 32)
        payloadSize = UInt32(truncatingIfNeeded: second)
        annotationsSize = annotations
        correlationID = bits & FrameFlags.correlationBit == 0 ? nil : CorrelationID(high: high, low: low)
    }

    /// v48: the sum of the fields, modulo 65536.
    private func checksum(rawFlags: UInt16) -> UInt16 {
        let size = UInt16(truncatingIfNeeded: payloadSize)
        let annotations = UInt16(truncatingIfNeeded: annotationsSize)
        return type.rawValue &+ version.rawValue &+ size &+ annotations &+ serializer
            &+ rawFlags &+ sequence &+ Self.checksumSeed
    }
}

// MARK: - Writing

extension FrameHeader {
    /// Writes the ``WireVersion/headerSize`` bytes of the header, in one piece: this is on the way of every call.
    func write(into buffer: inout ByteBuffer) {
        let start = UInt64(Self.tag) << 32 | UInt64(version.rawValue) << 16
        let bits = flags.raw(in: version)
        let middle = UInt64(sequence) << 32 | UInt64(payloadSize)
        switch version {
        case .v48:
            let end =
                UInt64(serializer) << 48 | UInt64(annotationsSize & 0xFFFF) << 32
                | UInt64(checksum(rawFlags: bits))
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: version.headerSize) { bytes in
                bytes.store(start | UInt64(type.rawValue), at: 0)
                bytes.store(UInt64(bits) << 48 | middle, at: 8)
                bytes.store(end, at: 16)
                return version.headerSize
            }
        case .v502:
            let kind = UInt64(type.rawValue & 0xFF) << 8 | UInt64(serializer & 0xFF)
            let allBits = correlationID == nil ? bits : bits | FrameFlags.correlationBit
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: version.headerSize) { bytes in
                bytes.store(start | kind, at: 0)
                bytes.store(UInt64(allBits) << 48 | middle, at: 8)
                bytes.store(annotationsSize, at: 16)
                bytes.store(correlationID?.high ?? 0, at: 20)
                bytes.store(correlationID?.low ?? 0, at: 28)
                bytes.store(UInt32(Self.magic), at: 36)
                return version.headerSize
            }
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Big-endian; the bounds are checked by the pointer.
    fileprivate func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
}
