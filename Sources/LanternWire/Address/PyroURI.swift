/// Where an object is, or how to find it.
///
/// | text                       | meaning                                               |
/// |:---------------------------|:------------------------------------------------------|
/// | `PYRO:object@host:port`    | an object at a known place; `[address]` for IPv6      |
/// | `PYRO:object@./u:path`     | the same behind a Unix socket                         |
/// | `PYRONAME:object@location` | look it up by name; the location is the name server's |
/// | `PYROMETA:tag,tag@location`| look it up by metadata tags                           |
///
/// Without `@location` the last two ask the name server that the settings name.
///
/// - Source: `core.py` of Pyro5, class `URI`.
public struct PyroURI: Sendable, Hashable {
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        case object = "PYRO"
        case name = "PYRONAME"
        case metadata = "PYROMETA"
    }

    public enum Location: Sendable, Hashable {
        /// A host name or address (IPv6 without its brackets) and a TCP port.
        case host(String, port: Int)
        /// The path of a Unix socket; a leading NUL means Linux' abstract name space.
        case unix(path: String)
    }

    /// Where name servers listen unless the text says otherwise.
    public static let defaultNameServerPort = 9090

    public let scheme: Scheme
    /// Object id or name; for ``Scheme/metadata`` the sorted tags with commas between.
    public let object: String
    /// The tags of ``Scheme/metadata``, otherwise empty.
    public let tags: Set<String>
    /// Always there for ``Scheme/object``; otherwise the name server's, if given.
    public let location: Location?

    /// Reads a URI and refuses what could be meant in two ways: ports outside 1…65535, text behind the port
    /// or bracket, empty or strange host names, empty tags, control characters.
    ///
    /// - Throws: ``URIError``.
    public init(_ text: String) throws(URIError) {
        self = try URIParser(rules: .strict).parse(text)
    }

    /// Reads everything that Pyro reads, the same way.
    ///
    /// Ports that do not fit an `Int` are refused.
    ///
    /// - Throws: ``URIError``.
    package init(lenient text: String) throws(URIError) {
        self = try URIParser(rules: .lenient).parse(text)
    }

    /// Puts a URI together from parts that are known to be good.
    package init(scheme: Scheme, object: String, location: Location?) {
        self.scheme = scheme
        self.object = object
        self.location = location
        tags = scheme == .metadata ? Set(URIParser.tags(in: object)) : []
    }

    /// A lookup by metadata.
    package init(tags: Set<String>, location: Location?) {
        scheme = .metadata
        object = tags.sorted().joined(separator: ",")
        self.tags = tags
        self.location = location
    }
}

extension PyroURI: CustomStringConvertible {
    /// The text form, with the port always there. As in Pyro, an empty host takes the whole location with it.
    public var description: String {
        let start = "\(scheme.rawValue):\(object)"
        switch location {
        case nil, .host("", _)?: return start
        case let location?: return "\(start)@\(location)"
        }
    }
}

extension PyroURI.Location: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unix(let path): "./u:\(path)"
        case .host(let host, let port) where host.utf8.contains(UInt8(ascii: ":")): "[\(host)]:\(port)"
        case .host(let host, let port): "\(host):\(port)"
        }
    }
}
