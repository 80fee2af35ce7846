import LanternValue

/// A document and how it is written and read.
struct Measured {
    enum Path: String, CaseIterable, Codable {
        case `static`, codable, tree
    }

    struct Figure: Codable {
        let document: String
        let format: SerializerFormat
        let path: Path
        /// `encode` or `decode`.
        let operation: String
        let nanoseconds: Double
        /// Length of the document in this format.
        let bytes: Int
    }

    let name: String
    private let write: (Path, SerializerFormat) throws -> [UInt8]
    private let read: (Path, SerializerFormat, [UInt8]) throws -> Void

    init<T: RemoteCodable & Codable>(_ name: String, _ value: T) throws {
        self.name = name
        let tree = try ValueEncoder().encode(value)
        write = { path, format in
            switch path {
            case .static:
                var writer = ValueWriter(format: format)
                try value.write(to: &writer)
                return writer.takeOutput()
            case .codable: return try encode(ValueEncoder().encode(value), as: format)
            case .tree: return try encode(tree, as: format)
            }
        }
        read = { path, format, bytes in
            switch path {
            case .static:
                var reader = try ValueReader(format: format, bytes: bytes)
                keep(try T(from: &reader))
                try reader.endDocument()
            case .codable: keep(try ValueDecoder().decode(T.self, from: decode(bytes, as: format)))
            case .tree: keep(try decode(bytes, as: format))
            }
        }
    }

    func encoded(as format: SerializerFormat) throws -> [UInt8] { try write(.tree, format) }

    func measure(_ path: Path, as format: SerializerFormat, _ time: Stopwatch) throws -> [Figure] {
        let bytes = try write(path, format)
        let encode = try time.nanoseconds { keep(try write(path, format)) }
        let decode = try time.nanoseconds { try read(path, format, bytes) }
        return [("encode", encode), ("decode", decode)].map { operation, nanoseconds in
            Figure(
                document: name, format: format, path: path, operation: operation, nanoseconds: nanoseconds,
                bytes: bytes.count)
        }
    }
}

/// What the compiler must not leave out.
@inline(never)
private func keep<T>(_ value: T) {}
