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
        writer.append(raw: [UInt8](repeating: 0, count: StreamItems.headSize))
    }

    /// Bytes of the items.
    var size: Int { writer.count - StreamItems.headSize }
    var isEmpty: Bool { count == 0 }
    var format: SerializerFormat { writer.format }

    /// Writes an item; nothing of it stays when that fails.
    ///
    /// - Throws: ``LanternError/Code/serialization`` for an item over the limit, and what `write` throws.
    mutating func append(maximum: Int, _ write: (inout ValueWriter) throws -> Void) throws {
        let start = writer.count
        do {
            if writer.format == .msgpack {
                try write(&writer)
            } else {
                try appendWithLength(write)
            }
            let size = writer.count - start
            guard size <= maximum else {
                throw LanternError(
                    .serialization, "an item of \(size) bytes cannot be sent, \(maximum) are allowed")
            }
        } catch {
            writer.rewind(to: start)
            throw error
        }
        last = start
        count += 1
    }

    private mutating func appendWithLength(_ write: (inout ValueWriter) throws -> Void) throws {
        var item = ValueWriter(format: writer.format)
        try write(&item)
        guard let size = UInt32(exactly: item.count) else {
            throw LanternError(.serialization, "an item of \(item.count) bytes cannot be sent")
        }
        writer.append(raw: withUnsafeBytes(of: size.bigEndian) { Array($0) })
        writer.append(raw: item.takeOutput())
    }

    /// Takes the last item out, as a chunk of its own.
    mutating func takeLast() -> ItemChunk {
        var taken = ItemChunk(format: writer.format)
        taken.writer.append(raw: writer.output(from: last))
        taken.count = 1
        taken.isAlone = true
        writer.rewind(to: last)
        count -= 1
        return taken
    }

    mutating func standAlone() { isAlone = true }

    mutating func append(_ other: ItemChunk) {
        last = writer.count + other.last - StreamItems.headSize
        writer.append(raw: other.writer.output(from: StreamItems.headSize))
        count += other.count
    }

    mutating func removeAll() {
        writer.rewind(to: StreamItems.headSize)
        count = 0
        last = StreamItems.headSize
        isAlone = false
    }

    /// The body of the message.
    consuming func body(stream: UInt32) -> [UInt8] {
        var body = writer.takeOutput()
        StreamItems.writeHead(stream: stream, count: UInt32(truncatingIfNeeded: count), into: &body)
        return body
    }
}
