/// Text that is equal only when it is the same code points, as in Python.
///
/// Swift's `String` takes `é` and `e` + accent for equal; a registry that did so would let one name stand for another.
/// The order is that of UTF-8 bytes, which is the order of code points, so all names with a prefix are neighbours.
struct ExactText: Sendable, Hashable, Comparable {
    let text: String

    init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }

    static func == (left: Self, right: Self) -> Bool {
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    func hasPrefix(_ prefix: Self) -> Bool { text.utf8.starts(with: prefix.text.utf8) }
}
