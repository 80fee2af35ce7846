import Foundation
import LanternValue
import Testing

/// Writes what Lantern encodes, for the real packages to read: `make_vectors.py --verify FILE`.
struct VerifyFileTests {
    static let target = ProcessInfo.processInfo.environment["LANTERN_VERIFY_OUT"]

    private struct Document: Encodable {
        struct Item: Encodable { let name: String, hex: String }
        var vectors: [Item]
    }

    @Test("our encodings are written for Python to check", .enabled(if: target != nil))
    func write() throws {
        var document = Document(vectors: [])
        for item in try ValueVectorTests.all(.both) {
            guard let value = item.vector.value?.value, item.isRepresentable(value),
                // A set is a list there, in an order that has no meaning and that the script would compare.
                !(item.vector.name.contains(".set.") && [.json, .msgpack].contains(item.format)),
                !KnownDifferences.writesLessThanPython.contains(item.vector.plainName)
            else { continue }
            let bytes = try encode(value, as: item.format, maximumDepth: ValueVectorTests.depth)
            document.vectors.append(.init(name: item.vector.name, hex: bytes.hex))
        }
        #expect(!document.vectors.isEmpty)
        let data = try JSONEncoder().encode(document)
        try data.write(to: URL(fileURLWithPath: try #require(Self.target)))
    }
}
