public import GRPCCore

/// Bytes as they are: gRPC's framing without protobuf's, which can only be quicker.
public struct BytesCoding: MessageSerializer, MessageDeserializer {
    public init() {}

    public func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }

    public func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}

/// An integer as eight bytes, little-endian.
public struct IntegerCoding: MessageSerializer, MessageDeserializer {
    public init() {}

    public func serialize<Bytes: GRPCContiguousBytes>(_ message: Int64) -> Bytes {
        withUnsafeBytes(of: message.littleEndian) { Bytes($0) }
    }

    public func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Int64 {
        guard bytes.count == MemoryLayout<Int64>.size else {
            throw RPCError(code: .internalError, message: "an integer has eight bytes")
        }
        return Int64(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
    }
}
