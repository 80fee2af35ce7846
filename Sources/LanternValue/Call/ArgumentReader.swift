/// Hands out the arguments of a call in the order of the method's parameters: by position first, the rest by name.
///
/// Call ``next(_:as:)-1`` once for each parameter, then ``finish()``. Errors about the call's shape are
/// ``ValueError/Code/badCall`` with words like Python's.
public struct ArgumentReader: Sendable {
    private var reader: ValueReader
    /// Among the positional arguments, once they are begun.
    private var cursor = ValueReader.Cursor(kind: .list)
    private var isBegun = false
    private let place: UnopenedArguments.Place
    /// Parameters that were given by position.
    private var names = GivenNames()
    private var keywords = Keywords.unread
    /// Until somebody takes it.
    private var blob: BlobCall?
    private let classes: ClassTable?

    /// What is known of the keyword arguments: most calls have none.
    private enum Keywords: Sendable {
        /// The positional arguments are not used up yet.
        case unread
        case none
        indirect case some(KeywordArguments)
    }

    /// Reads nothing yet: that they are no list of arguments is found with the first question.
    package init(opening arguments: borrowing UnopenedArguments, classes: ClassTable? = nil) {
        reader = arguments.reader
        blob = arguments.blob
        place = arguments.place
        self.classes = classes
    }

    /// The argument for the next parameter; nil for an `Optional` one that the caller left out.
    public mutating func next<T: RemoteCodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        if try hasPositional() {
            names.append(name)
            return try T(from: &reader)
        }
        guard var value = takeKeyword(name) else { return try Self.missing(name) }
        return try T(from: &value)
    }

    /// The argument for the next parameter, by way of a value tree.
    @_disfavoredOverload
    public mutating func next<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        if try hasPositional() {
            names.append(name)
            return try decode(type, name, reader.readValue())
        }
        guard var value = takeKeyword(name) else { return try Self.missing(name) }
        return try decode(type, name, value.readValue())
    }

    /// A value that does not fit is the caller's mistake, like an argument of another type.
    private func decode<T: Decodable>(_ type: T.Type, _ name: String, _ value: Value) throws -> T {
        do {
            return try ValueDecoder(classes: classes).decode(type, from: value)
        } catch let error as DecodingError {
            throw ValueError(.wrongType, "argument '\(name)'\(error.placeAndReason)")
        }
    }

    /// The call's arguments as one blob, unread but for its info.
    ///
    /// - Throws: ``ValueError/Code/badCall`` when the caller sent ordinary arguments.
    public mutating func blob(_ name: String) throws -> SerializedBlob {
        guard let blob else {
            throw ValueError(.badCall, "argument '\(name)' must be a serialized blob")
        }
        self.blob = nil
        return try SerializedBlob(received: blob)
    }

    /// The argument for the next parameter, read by the caller.
    package mutating func next<T>(
        _ name: String, reading read: (inout ValueReader) throws -> T
    ) throws -> T {
        if try hasPositional() {
            names.append(name)
            return try read(&reader)
        }
        guard var value = takeKeyword(name) else { return try Self.missing(name) }
        return try read(&value)
    }

    /// Checks that the call had no more arguments than were asked for, and nothing behind them.
    public mutating func finish() throws {
        if blob != nil { throw ValueError(.badCall, "the method takes no serialized blob") }
        var surplus = 0
        while try hasPositional() {
            try reader.skipValue()
            surplus += 1
        }
        if surplus > 0 {
            throw ValueError(
                .badCall, "takes \(names.count) arguments but \(names.count + surplus) were given")
        }
        guard case .some(let keywords) = keywords, let left = keywords.firstLeft else { return }
        let isGivenTwice = names.contains(left)
        let name = Self.shortened(left)
        throw ValueError(
            .badCall,
            isGivenTwice ? "multiple values for argument '\(name)'" : "unexpected keyword argument '\(name)'")
    }

    /// All that is left, for objects that take any arguments.
    package mutating func remainingValues()
        throws(ValueError) -> (positional: [Value], keywords: [(String, Value)])
    {
        var positional: [Value] = []
        while try hasPositional() { positional.append(try reader.readValue()) }
        guard case .some(var keywords) = keywords else { return (positional, []) }
        defer { self.keywords = .some(keywords) }
        return (positional, try keywords.takeValues())
    }

    /// Whether another positional argument follows; goes on to the keywords when none does.
    private mutating func hasPositional() throws(ValueError) -> Bool {
        guard case .unread = keywords else { return false }
        if !isBegun {
            cursor = try reader.beginSequence()
            isBegun = true
        }
        if try reader.hasNext(&cursor) { return true }
        keywords = try KeywordArguments.read(behind: place, reader: &reader).map(Keywords.some) ?? .none
        return false
    }

    /// A reader in front of the value of that name, which then counts as taken.
    private mutating func takeKeyword(_ name: String) -> ValueReader? {
        guard case .some(var keywords) = keywords else { return nil }
        defer { self.keywords = .some(keywords) }
        return keywords.take(name)
    }

    private static func missing<T>(_ name: String) throws(ValueError) -> T {
        if let optional = T.self as? any ExpressibleByMissing.Type, let none = optional.missing as? T {
            return none
        }
        throw ValueError(.badCall, "missing argument: '\(name)'")
    }

    /// A stranger's text, short enough for a log line.
    private static func shortened(_ name: String) -> String {
        name.utf8.count <= 64 ? name : "\(String(name.unicodeScalars.prefix(32)))…"
    }
}

/// Names in order; the first three, which most calls do not exceed, without an allocation.
private struct GivenNames: Sendable {
    private(set) var count = 0
    private var first = ""
    private var second = ""
    private var third = ""
    private var more: [String] = []

    mutating func append(_ name: String) {
        switch count {
        case 0: first = name
        case 1: second = name
        case 2: third = name
        default: more.append(name)
        }
        count &+= 1
    }

    func contains(_ name: String) -> Bool {
        ([first, second, third].prefix(count) + more).contains(name)
    }
}

/// Types with a value for an argument that was left out.
private protocol ExpressibleByMissing {
    static var missing: Self { get }
}

extension Optional: ExpressibleByMissing {
    fileprivate static var missing: Self { nil }
}

extension DecodingError {
    /// Where in the value and why, short enough for an answer.
    fileprivate var placeAndReason: String {
        let context: Context?
        switch self {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
            .dataCorrupted(let found):
            context = found
        @unknown default: context = nil
        }
        guard let context else { return " does not fit" }
        let place = context.codingPath.map { ".\($0.stringValue.prefix(64))" }.joined()
        return "\(place.prefix(256)): \(context.debugDescription.prefix(512))"
    }
}
