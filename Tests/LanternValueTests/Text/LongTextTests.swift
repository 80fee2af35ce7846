import Testing

@testable import LanternValue

/// Text around the sizes at which writers and readers change their way.
struct LongTextTests {
    private static let pieces = [
        "a", "'", "\"", "\\", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "\u{a0}", "€", "𝄞", "\u{e0001}",
    ]

    @Test("text of any length and with an escape anywhere is read back", arguments: SerializerFormat.allCases)
    func everywhere(format: SerializerFormat) throws {
        for piece in Self.pieces {
            for before in [0, 1, 7, 8, 9, 14, 15, 16, 31, 32, 255, 256] {
                let text = String(repeating: "x", count: before) + piece + "yz" + piece
                #expect(try decode(encode(.text(text), as: format), as: format) == .text(text))
                var reader = try ValueReader(format: format, bytes: encode(.list([.text(text)]), as: format))
                #expect(try [String](from: &reader) == [text])
            }
        }
    }

    @Test("characters across the border of a chunk stay whole", arguments: SerializerFormat.allCases)
    func chunks(format: SerializerFormat) throws {
        for piece in Self.pieces {
            for before in 4088...4100 {
                let text = String(repeating: "x", count: before) + piece + String(repeating: piece, count: 50)
                #expect(try decode(encode(.text(text), as: format), as: format) == .text(text))
            }
        }
    }

    @Test("all escapes need no more room than there is", arguments: SerializerFormat.allCases)
    func allEscapes(format: SerializerFormat) throws {
        for piece in Self.pieces {
            let text = String(repeating: piece, count: 10_000)
            #expect(try decode(encode(.text(text), as: format), as: format) == .text(text))
        }
    }

    @Test("bytes of every length are base64 both ways")
    func base64() {
        for count in Array(0..<70) + [49_151, 49_152, 49_153, 100_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            let text = Base64.encodedBytes(bytes)
            #expect(text.count == (count + 2) / 3 * 4)
            #expect(Base64.decode(text) == bytes)
            if let last = text.indices.last, count > 3 {
                var wrong = text
                wrong[last / 2] = UInt8(ascii: "-")
                #expect(Base64.decode(wrong) == nil)
                #expect(Base64.decode(text.dropLast()) == nil)
            }
        }
    }
}
