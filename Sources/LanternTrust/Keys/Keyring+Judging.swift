/// Keyrings that follow one another while connections are open.
extension Keyring {
    /// Whether this end proves itself with the same key.
    package func hasSameOwnKey(as other: Keyring) -> Bool {
        guard let mine = try? own.authorizedKey(for: ["*"]),
            let theirs = try? other.own.authorizedKey(for: ["*"])
        else { return false }
        return mine.isSameKey(as: theirs)
    }
}
