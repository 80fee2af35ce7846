/// Where tiles and entry bundles lie below the log's directory.
enum TilePath {
    static let checkpoint = "checkpoint"

    static func tile(level: Int, index: Int, width: Int) -> String {
        "tile/\(level)/" + number(index) + partial(width)
    }

    static func bundle(index: Int, width: Int) -> String {
        "tile/entries/" + number(index) + partial(width)
    }

    static func partialBundles(index: Int) -> String { "tile/entries/" + number(index) + ".p" }

    static func partialTiles(level: Int, index: Int) -> String { "tile/\(level)/" + number(index) + ".p" }

    /// Three digits an element, an `x` before all but the last: 1234067 is `x001/x234/067`.
    static func number(_ index: Int) -> String {
        var elements: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            let padded = String(repeating: "0", count: 3 - digits.count) + digits
            elements.append(elements.isEmpty ? padded : "x" + padded)
            rest /= 1000
        } while rest > 0
        return elements.reversed().joined(separator: "/")
    }

    private static func partial(_ width: Int) -> String {
        width == MerkleTree.tileWidth ? "" : ".p/\(width)"
    }
}
