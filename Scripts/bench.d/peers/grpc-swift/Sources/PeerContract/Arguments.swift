/// The arguments that docs/benchmark-contract.md gives to servers and clients.
public struct Arguments: Sendable {
    public private(set) var home = ""
    public private(set) var port = 0
    public private(set) var runs: [(workload: String, count: Int)] = []

    /// - Throws: ``PeerError`` for an unknown or incomplete argument.
    public init(_ arguments: [String]) throws {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            if name == "--json" { continue }
            guard let value = rest.popFirst() else { throw PeerError("\(name) needs a value") }
            switch name {
            case "--home": home = value
            case "--port": port = Int(value) ?? 0
            case "--uri": port = Int(value.split(separator: ":").last ?? "") ?? 0
            case "--workload": runs.append((value, 0))
            case "--count" where !runs.isEmpty: runs[runs.count - 1].count = Int(value) ?? 0
            default: throw PeerError("unknown argument \(name)")
            }
        }
        guard !home.isEmpty else { throw PeerError("--home is missing") }
        guard runs.allSatisfy({ $0.count > 0 }) else { throw PeerError("--count must be at least 1") }
    }

    public var certificate: String { home + "/identity/cert.pem" }
    public var key: String { home + "/identity/key.pem" }
    public var roots: String { home + "/trust/roots.pem" }
}

public struct PeerError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
