internal import CSodium
internal import Glibc

/// Writes what ``KeyFileText`` reads.
struct KeyFileWriter {
    let kind: KeyFileText.Kind
    let id: String
    let algorithm: HandshakeAlgorithm
    let identities: [String]
    let role: HandshakeRole?
    let validity: KeyValidity

    func write(publicKey: [UInt8], to path: String) throws(TrustError) {
        try Self.replace(path, with: text(publicKey: publicKey), mode: 0o644)
    }

    func write(secret: SecretBytes, to path: String) throws(TrustError) {
        let room = sodium_base64_encoded_len(secret.count, sodium_base64_VARIANT_ORIGINAL)
        let encoded = try SecretBytes(count: room) { text in
            secret.withPointer { bytes in
                text.withMemoryRebound(to: CChar.self, capacity: room) { text in
                    sodium_bin2base64(text, room, bytes, secret.count, sodium_base64_VARIANT_ORIGINAL) != nil
                }
            }
        }
        guard let encoded else {
            throw TrustError(.unwritableFile, "\(path): the secret could not be encoded")
        }
        try Self.replace(path, mode: 0o600) { file in
            Self.write(Array((head + "secret: ").utf8), to: file)
                && encoded.withBytes { Self.write($0.dropLast(), to: file) }  // without the C string's end
                && Self.write(Array(("\n" + tail).utf8), to: file)
        }
    }

    /// The oldest version that can say it.
    private var version: Int {
        validity == .always && (kind == .authorized || role == nil) ? 1 : 2
    }

    private var head: String {
        "\(kind.firstLine(version))\nid: \(id)\nalgorithm: \(algorithm.rawValue)\n"
    }

    private var tail: String {
        identities.map { "identity: \($0)\n" }.joined() + (role.map { "role: \($0.rawValue)\n" } ?? "")
            + (validity.notBefore.map { "not-before: \(Timestamp.text($0))\n" } ?? "")
            + (validity.notAfter.map { "not-after: \(Timestamp.text($0))\n" } ?? "")
    }

    /// The whole file of a public key.
    func text(publicKey: [UInt8]) -> String { head + "public: \(Sodium.base64(publicKey))\n" + tail }

    /// Puts a text that is no secret in the place of `path`.
    static func replace(_ path: String, with text: String, mode: mode_t) throws(TrustError) {
        try replace(path, mode: mode) { file in write(Array(text.utf8), to: file) }
    }

    /// Fills a new file beside `path`, makes it durable, and puts it in the place of `path`.
    private static func replace(
        _ path: String, mode: mode_t, with fill: (CInt) -> Bool
    ) throws(TrustError) {
        let directory = try ProtectedDirectory(containing: path, for: .writing)
        try Sodium.require()
        let suffix = Sodium.randomBytes(8).map { String($0, radix: 16) }.joined()
        let temporary = ".\(directory.name).\(suffix)"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(directory.descriptor, temporary, flags, 0o600)
        guard file >= 0 else { throw failure(path, errno) }
        // The mode is set on the open file because the process's mask may have taken bits away.
        let isWritten = fill(file) && fchmod(file, mode) == 0 && fsync(file) == 0
        var reason = errno
        let isClosed = close(file) == 0
        guard isWritten, isClosed,
            renameat(directory.descriptor, temporary, directory.descriptor, directory.name) == 0
        else {
            if isWritten { reason = errno }
            unlinkat(directory.descriptor, temporary, 0)
            throw failure(path, reason)
        }
        guard fsync(directory.descriptor) == 0 else { throw failure(path, errno) }
    }

    /// Moves a key over another one of the same directory, in one step.
    static func rename(_ path: String, to other: String) throws(TrustError) {
        let from = try ProtectedDirectory(containing: path, for: .writing)
        let to = try ProtectedDirectory(containing: other, for: .writing)
        guard renameat(from.descriptor, from.name, to.descriptor, to.name) == 0,
            fsync(to.descriptor) == 0
        else { throw failure(path, errno) }
    }

    static func remove(_ path: String) throws(TrustError) {
        let directory = try ProtectedDirectory(containing: path, for: .writing)
        guard unlinkat(directory.descriptor, directory.name, 0) == 0, fsync(directory.descriptor) == 0 else {
            throw failure(path, errno)
        }
    }

    private static func write(_ bytes: some Collection<UInt8>, to file: CInt) -> Bool {
        bytes.withContiguousStorageIfAvailable { bytes in
            var done = 0
            while done < bytes.count {
                let written = Glibc.write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return false }
                done += written
            }
            return true
        } ?? false
    }

    private static func failure(_ path: String, _ number: CInt) -> TrustError {
        TrustError(.unwritableFile, "\(path): \(String(cString: strerror(number)))")
    }
}
