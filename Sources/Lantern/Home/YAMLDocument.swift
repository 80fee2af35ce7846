import Yams

/// A YAML file read with a mind for the line of each mistake.
struct YAMLDocument {
    let path: String
    let root: Node

    /// - Throws: ``LanternError/Code/configuration`` as `path:line: what is wrong`.
    init(_ text: String, path: String) throws {
        self.path = path
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw LanternError(.configuration, "\(path): the file is empty")
            }
            self.root = root
        } catch let error as YamlError {
            throw LanternError(.configuration, "\(path): \(error)")
        }
    }

    func line(of node: Node) -> Int { node.mark?.line ?? 0 }

    func error(_ node: Node, _ text: String) -> LanternError {
        LanternError(.configuration, "\(path):\(line(of: node)): \(text)")
    }

    /// The members of a mapping, which may only be `allowed` ones, each once.
    func members(of node: Node, allowed: Set<String>, what: String) throws -> [String: Node] {
        guard let mapping = node.mapping else {
            throw error(node, "\(what) must be a mapping of names to values")
        }
        var members: [String: Node] = [:]
        for (key, value) in mapping {
            guard let name = key.string, allowed.contains(name) else {
                throw error(
                    key,
                    "unknown name '\((key.string ?? "?").prefix(64))' in \(what); known are \(allowed.sorted().joined(separator: ", "))"
                )
            }
            guard members.updateValue(value, forKey: name) == nil else {
                throw error(key, "'\(name)' stands here twice")
            }
        }
        return members
    }

    /// One text or a list of texts.
    func texts(_ node: Node, what: String) throws -> [String] {
        if let sequence = node.sequence {
            return try sequence.map { item in
                guard let text = item.scalar?.string else {
                    throw error(item, "\(what) must be a list of texts")
                }
                return text
            }
        }
        guard let text = node.scalar?.string else {
            throw error(node, "\(what) must be a text or a list of texts")
        }
        return [text]
    }

    func text(_ node: Node, what: String) throws -> String {
        guard let text = node.scalar?.string else { throw error(node, "\(what) must be a text") }
        return text
    }

    func integer(_ node: Node, what: String, in range: ClosedRange<Int>) throws -> Int {
        guard let number = node.int, range.contains(number) else {
            throw error(
                node, "\(what) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bool(_ node: Node, what: String) throws -> Bool {
        guard let value = node.bool else { throw error(node, "\(what) must be true or false") }
        return value
    }

    /// Seconds, whole or with a fraction.
    func seconds(_ node: Node, what: String, in range: ClosedRange<Double>) throws -> Duration {
        guard let number = node.float ?? node.int.map(Double.init), range.contains(number) else {
            throw error(node, "\(what) must be seconds from \(range.lowerBound) to \(range.upperBound)")
        }
        return .seconds(number)
    }
}
