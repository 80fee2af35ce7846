import LanternValue
import LanternWire

/// Items on their way out, as the body of one STREAMITEM: room for its head, then the items.
struct ItemChunk: Sendable {
    private var writer: ValueWriter
    private(set) var count = 0
    /// Where the last item starts.
    private var last = StreamItems.headSize
    /// Whether its one item may be larger than the credit for it, so that no other may be in the same message.
    private(set) var isAlone = false

    init(format: SerializerFormat) {
        writer = ValueWriter(format: format, reserving: 0)
        writer.output = [UInt8](repeating: 0, count: StreamItems.headSize)
    }

    /// Bytes of the items.
    var size: Int { writer.output.count - StreamItems.headSize }
    var isEmpty: Bool { count == 0 }
    var format: SerializerFormat { writer.format }

    /// Writes an item; nothing of it stays when that fails.
    ///
    /// - Throws: ``LanternError/Code/serialization`` for an item over the limit, and what `write` throws.
    mutating func append(maximum: Int, _ write: (inout ValueWriter) throws -> Void) throws {
        let start = writer.output.count
        do {
            if writer.format == .msgpack {
                try write(&writer)
            } else {
                try appendWithLength(write)
            }
            let size = writer.output.count - start
            guard size <= maximum else {
                throw LanternError(
                    .serialization, "an item of \(size) bytes cannot be sent, \(maximum) are allowed")
            }
        } catch {
            writer.output.removeLast(writer.output.count - start)
            throw error
        }
        last = start
        count += 1
    }

    private mutating func appendWithLength(_ write: (inout ValueWriter) throws -> Void) throws {
        var item = ValueWriter(format: writer.format)
        try write(&item)
        guard let size = UInt32(exactly: item.output.count) else {
            throw LanternError(.serialization, "an item of \(item.output.count) bytes cannot be sent")
        }
        withUnsafeBytes(of: size.bigEndian) { writer.output.append(contentsOf: $0) }
        writer.output.append(contentsOf: item.output)
    }

    /// Takes the last item out, as a chunk of its own.
    mutating func takeLast() -> ItemChunk {
        var taken = ItemChunk(format: writer.format)
        taken.writer.output.append(contentsOf: writer.output[last...])
        taken.count = 1
        taken.isAlone = true
        writer.output.removeLast(writer.output.count - last)
        count -= 1
        return taken
    }

    mutating func standAlone() { isAlone = true }

    mutating func append(_ other: ItemChunk) {
        last = writer.output.count + other.last - StreamItems.headSize
        writer.output.append(contentsOf: other.writer.output[StreamItems.headSize...])
        count += other.count
    }

    mutating func removeAll() {
        writer.output.removeLast(size)
        count = 0
        last = StreamItems.headSize
        isAlone = false
    }

    /// The body of the message.
    consuming func body(stream: UInt32) -> [UInt8] {
        StreamItems.writeHead(
            stream: stream, count: UInt32(truncatingIfNeeded: count), into: &writer.output)
        return writer.output
    }
}
