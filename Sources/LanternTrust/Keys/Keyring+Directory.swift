internal import Glibc

extension Keyring {
    static let maximumKeys = 10_000

    /// Reads `own.key` and every `authorized/*.key` of a lantern home's `keys` directory.
    ///
    /// - Throws: ``TrustError``; ``TrustError/Code/duplicateKey`` when two files have the same id. One bad file
    ///   refuses them all: a key that is silently missing is found too late.
    public init(directory: String) throws(TrustError) {
        let own = try HandshakeKey(contentsOf: "\(directory)/own.key")
        var authorized: [AuthorizedKey] = []
        var pathByID: [String: String] = [:]
        for name in try Self.keyFileNames(in: "\(directory)/authorized") {
            let path = "\(directory)/authorized/\(name)"
            let key = try AuthorizedKey(contentsOf: path)
            if let other = pathByID.updateValue(path, forKey: key.id) {
                throw TrustError(
                    .duplicateKey, "\(path): key '\(key.id)' also stands in \(other); remove one of them")
            }
            authorized.append(key)
        }
        self.init(own: own, authorized: authorized)
    }

    private static func keyFileNames(in directory: String) throws(TrustError) -> [String] {
        guard let stream = opendir(directory) else {
            let reason = errno
            throw TrustError(
                reason == ENOENT ? .missingFile : .unreadableFile,
                "directory \(directory): \(String(cString: strerror(reason)))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".key"), !name.hasPrefix(".") else { continue }
            guard names.count < maximumKeys else {
                throw TrustError(.fileTooLarge, "directory \(directory) has more than \(maximumKeys) keys")
            }
            names.append(name)
        }
        return names.sorted()
    }
}
