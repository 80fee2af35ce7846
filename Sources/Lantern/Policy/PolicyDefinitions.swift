import LanternTrust
import Yams

/// The groups, or the roles, of a policy file: opened by name, never inside themselves.
struct PolicyDefinitions {
    let kind: String
    private var nodes: [String: (node: Node, line: Int)] = [:]
    private var order: [String] = []
    private var used: Set<String> = []
    private var underWay: [String] = []
    /// How often definitions were opened: each may name others, and they again others.
    private var opened = 0
    private static let maximumOpened = 20_000

    init(kind: String) { self.kind = kind }

    mutating func define(_ node: Node, _ document: YAMLDocument) throws {
        guard let mapping = node.mapping else {
            throw document.error(node, "'\(kind)s' must be a mapping of names to lists")
        }
        for (key, value) in mapping {
            guard let name = key.scalar?.string, Self.isName(name) else {
                throw document.error(
                    key, "the name of a \(kind) has 1 to 64 letters, digits, dots, dashes and underscores")
            }
            guard nodes.updateValue((value, document.line(of: key)), forKey: name) == nil else {
                throw document.error(key, "'\(name)' stands here twice")
            }
            order.append(name)
            guard order.count <= PolicyReader.maximumDefinitions else {
                throw document.error(key, "more than \(PolicyReader.maximumDefinitions) \(kind)s")
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                return isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    func isDefined(_ name: String) -> Bool { nodes[name] != nil }

    func unknown(_ name: String) -> String {
        let known = order.isEmpty ? "there are none" : "there are \(order.prefix(20).joined(separator: ", "))"
        return "there is no \(kind) '\(name.prefix(64))'; \(known)"
    }

    /// Gives what a name stands for, which counts as used from then on; ``close(_:)`` when it was read.
    mutating func open(_ name: String, _ document: YAMLDocument) throws -> Node {
        guard let found = nodes[name] else { throw document.error(document.root, unknown(name)) }
        guard !underWay.contains(name) else {
            let way = (underWay + [name]).joined(separator: ", ")
            throw document.error(found.node, "the \(kind) '\(name)' holds itself: \(way)")
        }
        opened += 1
        guard opened <= Self.maximumOpened else {
            throw document.error(
                found.node, "\(kind)s are named more than \(Self.maximumOpened) times in all")
        }
        used.insert(name)
        underWay.append(name)
        return found.node
    }

    mutating func close(_ name: String) { underWay.removeLast(underWay.last == name ? 1 : 0) }

    /// Those that nothing has opened, from when this is asked first.
    private var unusedFromStart: Set<String>?

    var unread: [String] {
        mutating get {
            let names = order.filter { !used.contains($0) }
            unusedFromStart = unusedFromStart ?? Set(names)
            return names
        }
    }

    func described(_ document: YAMLDocument) -> [PolicyDocument.Definition] {
        order.map { name in
            .init(
                name: name, line: nodes[name]?.line ?? 0,
                isUsed: !(unusedFromStart ?? []).contains(name) && used.contains(name))
        }
    }
}
