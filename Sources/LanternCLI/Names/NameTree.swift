/// Names with dots as a tree.
struct NameTree {
    private var children: [String: NameTree] = [:]
    private var uri: String?

    init(_ names: [NameRecord]) {
        for entry in names {
            add(entry.name.split(separator: ".", omittingEmptySubsequences: false)[...], entry.uri)
        }
    }

    private init() {}

    private mutating func add(_ parts: ArraySlice<Substring>, _ uri: String) {
        guard let first = parts.first else {
            self.uri = uri
            return
        }
        children[String(first), default: NameTree()].add(parts.dropFirst(), uri)
    }

    /// One line a part, indented; those that are names with their URIs.
    func lines(indent: String = "") -> [String] {
        children.sorted { $0.key < $1.key }.flatMap { name, child in
            let uri = child.uri.map { "  " + Terminal.styled(Shown.text($0), .faint) } ?? ""
            return [indent + Shown.text(name) + uri] + child.lines(indent: indent + "  ")
        }
    }
}
