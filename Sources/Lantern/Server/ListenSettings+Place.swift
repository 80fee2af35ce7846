import LanternWire

extension ListenSettings {
    /// - Throws: ``LanternError/Code/configuration`` for settings that do not go together.
    func check() throws {
        guard unixSocket != nil else { return }
        guard publishedHost == nil, publishedPort == nil else {
            throw LanternError(
                .configuration, "a Unix socket has no published host or port; leave one of the two out")
        }
        guard (0...0o777).contains(unixSocketMode) else {
            throw LanternError(.configuration, "the permissions of a Unix socket are 0 to 0o777")
        }
    }

    /// What URIs name.
    ///
    /// - Parameter isPublished: whether as peers see it, or as it is bound.
    func location(boundPort: Int, isPublished: Bool) -> PyroURI.Location {
        guard isListening else { return .notBound }
        if let unixSocket { return .unix(path: unixSocket) }
        let port = isPublished ? publishedPort ?? boundPort : boundPort
        return .host(isPublished ? publishedHost ?? host : host, port: port)
    }
}
