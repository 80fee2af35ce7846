/// Takes URI texts apart, by one of two sets of rules.
///
/// It looks at Unicode scalars, as Python does; Swift's characters would glue a combining mark to a colon.
struct URIParser {
    enum Rules {
        /// What ``PyroURI/init(_:)`` says.
        case strict
        /// Pyro's own: `([Pp][Yy][Rr][Oo][a-zA-Z]*):(\S+?)(@(.+))?$` and Python's `int` for the port.
        case lenient
    }

    typealias Scalars = ArraySlice<Unicode.Scalar>

    let rules: Rules
    private static let maximumStrictLength = 8 << 10

    func parse(_ text: String) throws(URIError) -> PyroURI {
        guard rules == .lenient || text.utf8.count <= Self.maximumStrictLength else {
            throw URIError(.malformed, "a URI of more than \(Self.maximumStrictLength) bytes")
        }
        let scalars = Array(text.unicodeScalars)
        guard let colon = scalars.firstIndex(of: ":") else { throw URIError(.malformed, "no scheme") }
        let scheme = try scheme(of: scalars[..<colon])
        let (object, place) = try objectAndPlace(of: scalars[(colon + 1)...])
        let location = try location(place, of: scheme)
        let name = Self.text(object)
        guard scheme == .metadata else {
            return PyroURI(scheme: scheme, object: name, location: location)
        }
        let tags = Self.tags(in: name)
        guard rules == .lenient || !tags.contains("") else { throw URIError(.badObject, "an empty tag") }
        return PyroURI(tags: Set(tags), location: location)
    }

    static func tags(in object: String) -> [String] {
        object.unicodeScalars.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }

    static func text(_ scalars: Scalars) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    private func scheme(of scalars: Scalars) throws(URIError) -> PyroURI.Scheme {
        guard scalars.allSatisfy({ $0.isASCII && $0.properties.isAlphabetic }) else {
            throw URIError(.malformed, "no scheme")
        }
        guard let scheme = PyroURI.Scheme(rawValue: Self.text(scalars).uppercased()) else {
            throw URIError(.badScheme, "the scheme is not PYRO, PYRONAME or PYROMETA")
        }
        return scheme
    }

    /// Object and location: the shortest object before an "@" that leaves a location.
    private func objectAndPlace(of scalars: Scalars) throws(URIError) -> (object: Scalars, location: Scalars?)
    {
        var rest = scalars
        if rules == .lenient, rest.last == "\n" { rest = rest.dropLast() }
        let oneLine = !rest.contains("\n")
        var end = rest.startIndex
        while end < rest.endIndex, isObject(rest[end]) {
            let atSign = rest[end] == "@" && end > rest.startIndex
            if atSign, oneLine, end + 1 < rest.endIndex { return (rest[..<end], rest[(end + 1)...]) }
            guard rules == .lenient || rest[end] != "@" else {
                throw URIError(.malformed, "an @ without an object or a location")
            }
            end += 1
        }
        guard end == rest.endIndex, end > rest.startIndex else {
            throw URIError(.badObject, "an object name is empty or has spaces in it")
        }
        return (rest, nil)
    }

    private func isObject(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isPythonSpace && (rules == .lenient || !scalar.isControl)
    }
}

extension Unicode.Scalar {
    /// What Python's `\s` matches.
    var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }

    /// Controls, invisible formatting, and what no text should have.
    var isControl: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
    }
}
