import Foundation
import LanternValue
import Testing

/// One file of golden vectors; the form is told at the head of `Tests/Vectors/make_vectors.py`.
struct VectorFile: Decodable {
    let vectors: [Vector]

    /// Where the files are: the folder that `LANTERN_VECTORS` names, or the one in this package.
    static var folder: URL {
        if let path = ProcessInfo.processInfo.environment["LANTERN_VECTORS"], !path.isEmpty {
            return URL(fileURLWithPath: path, isDirectory: true)
        }
        return URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors", isDirectory: true)
    }

    /// Whether the files are our own copies, whose numbers are known.
    static var isOwnCopy: Bool { ProcessInfo.processInfo.environment["LANTERN_VECTORS"] == nil }

    static func load(_ name: String) throws -> [Vector] {
        let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
        return try JSONDecoder().decode(VectorFile.self, from: data).vectors
    }
}

struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    enum Direction: String, Decodable {
        case both = "encode+decode"
        case encodeOnly = "encode-only"
        case encodeError = "encode-error"
        case decodeOnly = "decode-only"
        case reject
        case mustReject = "must-reject"
    }

    struct Failure: Decodable {
        let type: String
        let text: String
    }

    let name: String
    let direction: Direction
    let hex: String
    let value: TaggedValue?
    let decoded: TaggedValue?
    let canonical: Bool?
    let error: Failure?

    var testDescription: String { name }
    var bytes: [UInt8] { [UInt8](hex: hex) ?? [] }

    /// Python read the bytes but had no class for what they describe. A class dict is a map here, and giving it a
    /// meaning is left to the layers above, so such input is accepted by design.
    var isRefusedForItsClass: Bool {
        guard let error else { return false }
        return error.text.contains("unsupported serialized class") || hasClassDict
    }

    /// Whether the bytes have a `__class__` key.
    var hasClassDict: Bool { hex.contains("5f5f636c6173735f5f") }
}

extension [UInt8] {
    init?(hex: String) {
        let digits = Array<UInt8>(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            append(byte)
        }
    }

    var hex: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
