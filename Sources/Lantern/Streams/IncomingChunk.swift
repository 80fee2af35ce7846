package import LanternValue
import NIOCore

/// Items that came together, still encoded.
package struct IncomingChunk: Sendable {
    package let count: Int
    let format: SerializerFormat
    let items: ByteBuffer
    let limits: DecodingLimits

    init(count: Int, format: SerializerFormat, items: ByteBuffer, limits: DecodingLimits) {
        self.count = count
        self.format = format
        self.items = items
        self.limits = limits
    }

    var size: Int { items.readableBytes }

    /// - Throws: ``LanternError/Code/serialization`` when they are of another type, or are no items.
    package func decoded<T>(_ read: (inout ValueReader) throws -> T) throws -> [T] {
        do {
            return format == .msgpack ? try inOneDocument(read) : try oneByOne(read)
        } catch let error as LanternError {
            throw error
        } catch {
            throw LanternError(.serialization, "items of a stream are no \(T.self)", cause: error)
        }
    }

    private func inOneDocument<T>(_ read: (inout ValueReader) throws -> T) throws -> [T] {
        var reader = try ValueReader(format: format, bytes: Array(buffer: items), limits: limits)
        var decoded: [T] = []
        // As many items as bytes are there at the most, and a chunk is small or one item.
        decoded.reserveCapacity(min(count, OutgoingStream.chunkItems))
        for _ in 0..<count { decoded.append(try read(&reader)) }
        try reader.endDocument()
        return decoded
    }

    private func oneByOne<T>(_ read: (inout ValueReader) throws -> T) throws -> [T] {
        var items = items
        var decoded: [T] = []
        for _ in 0..<count {
            guard let size = items.readInteger(as: UInt32.self),
                let document = items.readBytes(length: Int(size))
            else { throw LanternError(.serialization, "an item of a stream is not all there") }
            var reader = try ValueReader(format: format, bytes: document, limits: limits)
            decoded.append(try read(&reader))
            try reader.endDocument()
        }
        guard items.readableBytes == 0 else {
            throw LanternError(.serialization, "something follows the items of a stream")
        }
        return decoded
    }
}
