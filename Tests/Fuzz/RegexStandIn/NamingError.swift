/// Stands in for the name server's error, which needs the whole runtime: the regexes throw nothing else.
public struct NamingError: Error {
    public let reason: String

    public static func invalidRegex(_ reason: String) -> Self { Self(reason: reason) }
}
