import Yams

/// Where a name server keeps its names.
extension SettingsFile {
    /// ```yaml
    /// names:
    ///   store: etcd                       # or sqlite, the default, or memory
    ///   endpoints: ["etcd1.example:2379", "etcd2.example:2379", "etcd3.example:2379"]
    ///   certificate: etcd/cert.pem        # from the directory of this file
    ///   key: etcd/key.pem
    ///   roots: etcd/roots.pem
    ///   prefix: /lantern/names/
    ///   staleness: 2
    ///   timeout: 5
    /// ```
    static func names(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        let needed = ["endpoints", "certificate", "key", "roots"]
        let members = try document.members(
            of: node, allowed: Set(needed + ["store", "prefix", "staleness", "timeout"]), what: "names")
        let store = try members["store"].map { try document.text($0, what: "store") } ?? "sqlite"
        switch store {
        case "sqlite", "memory":
            for name in members.keys.sorted() where name != "store" {
                throw document.error(members[name] ?? node, "'\(name)' counts only with store: etcd")
            }
            settings.nameStore = store == "memory" ? .memory : .file
        case "etcd":
            for name in needed where members[name] == nil {
                throw document.error(node, "store: etcd needs '\(name)'")
            }
            settings.nameStore = .etcd(try etcd(members, document))
        default: throw document.error(node, "store is 'sqlite', 'memory' or 'etcd'")
        }
    }

    private static func etcd(_ members: [String: Node], _ document: YAMLDocument) throws -> EtcdPlace {
        let directory = document.path.lastIndex(of: "/").map { String(document.path[...$0]) } ?? ""
        let file = { (name: String) throws -> String in
            guard let node = members[name] else { return "" }
            let path = try document.text(node, what: name)
            return path.hasPrefix("/") ? path : directory + path
        }
        var place = EtcdPlace(
            endpoints: try members["endpoints"].map { try document.texts($0, what: "endpoints") } ?? [],
            certificateFile: try file("certificate"), privateKeyFile: try file("key"),
            trustRootsFile: try file("roots"))
        if let node = members["prefix"] {
            place.prefix = try document.text(node, what: "prefix")
            guard (1...256).contains(place.prefix.utf8.count) else {
                throw document.error(node, "prefix has 1 to 256 bytes")
            }
        }
        if let node = members["staleness"] {
            place.staleness = try document.seconds(node, what: "staleness", in: 0.1...60)
        }
        if let node = members["timeout"] {
            place.deadline = try document.seconds(node, what: "timeout", in: 0.1...60)
        }
        return place
    }
}
