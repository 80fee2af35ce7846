import Lantern
import LanternWire

/// URIs as Pyro's clients send and expect them: as text, or as the class dict of their `URI` type.
enum RemoteURI {
    /// The text of a URI that was sent as text or as object, checked.
    ///
    /// - Throws: ``NamingError`` with Pyro's texts.
    static func text(_ value: Value) throws -> String {
        if let text = value.textValue { return text }
        guard let name = value["__class__"]?.textValue,
            ["Pyro4.core.URI", "Pyro5.core.URI"].contains(name), let state = value["state"]?.elements
        else { throw NamingError.uriIsNotText }
        guard state.count == 5, let scheme = state[0].textValue, let object = objectText(state[1]) else {
            throw NamingError.invalidURI
        }
        let start = "\(scheme):\(object)"
        if let path = state[2].textValue, !path.isEmpty { return start + "@./u:\(path)" }
        guard let host = state[3].textValue, !host.isEmpty else { return start }
        guard let port = state[4].intValue else { throw NamingError.invalidURI }
        return "\(start)@\(PyroURI.Location.host(host, port: port))"
    }

    /// The object member: text, and for PYROMETA a set of tags.
    private static func objectText(_ value: Value) -> String? {
        if let text = value.textValue { return text }
        guard let members = value.elements else { return nil }
        let tags = members.compactMap(\.textValue)
        return tags.count == members.count ? tags.sorted().joined(separator: ",") : nil
    }

    /// The class dict that the generation's clients turn into their URI object.
    static func value(_ text: String, for generation: PyroGeneration) throws -> Value {
        guard let uri = try? PyroURI(text) else { throw NamingError.invalidURI }
        let object: Value =
            uri.scheme == .metadata ? .set(uri.tags.sorted().map { .text($0) }) : .text(uri.object)
        let location: [Value] =
            switch uri.location {
            case .host(let host, let port)?: [.none, .text(host), .int(Int64(port))]
            case .unix(let path)?: [.text(path), .none, .none]
            case nil: [.none, .none, .none]
            }
        return .map([
            ValuePair("__class__", .text("\(generation.package).core.URI")),
            ValuePair("state", .tuple([.text(uri.scheme.rawValue), object] + location)),
        ])
    }
}
