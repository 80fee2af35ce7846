import Foundation
import NIOCore

/// A file of golden vectors: `Tests/Vectors`, or the folder that LANTERN_VECTORS names.
struct VectorFile<Vector: Decodable>: Decodable {
    let vectors: [Vector]

    static func load(_ name: String, of type: Vector.Type = Vector.self) throws -> [Vector] {
        let file = VectorFolder.url.appendingPathComponent(name)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Self.self, from: Data(contentsOf: file)).vectors
    }
}

enum VectorFolder {
    static var url: URL {
        if let folder = ProcessInfo.processInfo.environment["LANTERN_VECTORS"] {
            return URL(fileURLWithPath: folder, isDirectory: true)
        }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Vectors", isDirectory: true)
    }
}
