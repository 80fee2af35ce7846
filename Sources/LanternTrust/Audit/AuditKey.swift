import CSodium
import Glibc

/// The Ed25519 key that signs checkpoints, in locked memory, wiped at the end.
///
/// The file is one line in the form of the signed note tools: `PRIVATE+KEY+NAME+HASH+BASE64(0x01 || seed)`.
///
/// `@unchecked Sendable`: the memory is written in `init` only and freed in `deinit`.
final class AuditKey: @unchecked Sendable {
    private static let prefix = "PRIVATE+KEY+"
    private static let maximumFile = 1024

    /// The key's name, which is the log's origin.
    let origin: String
    let publicKey: [UInt8]
    private let secret: UnsafeMutablePointer<UInt8>  // 64 bytes from sodium_malloc

    var verifier: NoteVerifier { NoteVerifier(name: origin, publicKey: publicKey) }

    private init(origin: String, seed: UnsafePointer<UInt8>) throws(AuditError) {
        guard let memory = sodium_malloc(Int(crypto_sign_SECRETKEYBYTES)) else {
            throw AuditError(.badKey, "no locked memory for the signing key (see ulimit -l)")
        }
        secret = memory.bindMemory(to: UInt8.self, capacity: Int(crypto_sign_SECRETKEYBYTES))
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        _ = crypto_sign_seed_keypair(&publicKey, secret, seed)
        self.origin = origin
        self.publicKey = publicKey
    }

    deinit { sodium_free(secret) }

    func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        _ = crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
        return signature
    }
}

extension AuditKey {
    /// Reads the key file, or makes one with mode 0600 where none is and `mayCreate` says so.
    static func load(file: String, origin: String, mayCreate: Bool) throws(AuditError) -> AuditKey {
        guard sodium_init() >= 0 else { throw AuditError(.badKey, "libsodium does not start") }
        try NoteVerifier.checkName(origin)
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT {
            guard mayCreate else {
                throw AuditError(.missingKey, "the log was signed with a key that is not at \(file) any more")
            }
            return try create(file: file, origin: origin)
        }
        guard descriptor >= 0 else { throw failure("cannot open", file) }
        defer { close(descriptor) }
        try checkProtection(of: descriptor, file: file)
        return try read(descriptor, file: file, origin: origin)
    }

    /// Reads a key file that must be there; the log's name is what the file says.
    static func load(existing file: String) throws(AuditError) -> AuditKey {
        guard sodium_init() >= 0 else { throw AuditError(.badKey, "libsodium does not start") }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot open", file) }
        defer { close(descriptor) }
        try checkProtection(of: descriptor, file: file)
        return try read(descriptor, file: file, origin: nil)
    }

    private static func checkProtection(of descriptor: Int32, file: String) throws(AuditError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot examine", file) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_mode & 0o077 == 0
        else {
            throw AuditError(.badKey, "\(file) must be a plain file of this user with mode 0600")
        }
    }

    /// - Parameter expected: the name that the key must have; nil accepts any.
    private static func read(
        _ descriptor: Int32, file: String, origin expected: String?
    ) throws(AuditError) -> AuditKey {
        var content = [UInt8](repeating: 0, count: maximumFile)
        defer { sodium_memzero(&content, content.count) }
        let count = Glibc.read(descriptor, &content, content.count)
        guard count >= 0 else { throw failure("cannot read", file) }
        let line = content[..<count].prefix { $0 != UInt8(ascii: "\n") }
        // NAME, HASH and BASE64 hold no '+' but in the last, so the name ends at the first one after the prefix.
        let parts = line.dropFirst(prefix.utf8.count).split(separator: UInt8(ascii: "+"), maxSplits: 2)
        guard line.starts(with: prefix.utf8), parts.count == 3 else {
            throw AuditError(.badKey, "\(file) does not begin with PRIVATE+KEY+name+hash+")
        }
        let origin = String(decoding: parts[0], as: UTF8.self)
        try NoteVerifier.checkName(origin)
        if let expected, !parts[0].elementsEqual(expected.utf8) {
            throw AuditError(.badKey, "\(file) is the key of another log than \(expected)")
        }
        guard var bytes = Base64.decode(parts[2]) else { throw AuditError(.badKey, "\(file) is not base64") }
        defer { sodium_memzero(&bytes, bytes.count) }
        guard bytes.count == 33, bytes[0] == NoteVerifier.ed25519 else {
            throw AuditError(.badKey, "\(file) does not hold an Ed25519 seed")
        }
        bytes.removeFirst()
        let key = try AuditKey(origin: origin, seed: bytes)
        guard parts[1].elementsEqual(key.verifier.hashText.utf8) else {
            throw AuditError(.badKey, "\(file): the hash does not belong to the key")
        }
        return key
    }

    static func create(file: String, origin: String) throws(AuditError) -> AuditKey {
        var seed = [UInt8](repeating: 0, count: Int(crypto_sign_SEEDBYTES))
        defer { sodium_memzero(&seed, seed.count) }
        randombytes_buf(&seed, seed.count)
        let key = try AuditKey(origin: origin, seed: seed)
        var content = Array("\(prefix)\(origin)+\(key.verifier.hashText)+".utf8)
        content += Base64.encode([NoteVerifier.ed25519] + seed).utf8 + [UInt8(ascii: "\n")]
        defer { sodium_memzero(&content, content.count) }
        try write(content, to: file)
        return key
    }

    /// Beside its name first, then renamed; a file that turned up meanwhile stays.
    private static func write(_ content: [UInt8], to file: String) throws(AuditError) {
        let temporary = file + ".tmp"
        _ = unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write", temporary) }
        defer { unlink(temporary) }
        let written = Glibc.write(descriptor, content, content.count)
        let isDurable = written == content.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, isDurable else { throw failure("cannot write", temporary) }
        guard link(temporary, file) == 0 else { throw failure("cannot make", file) }
        let parent = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("cannot open", parent) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("cannot synchronise", parent) }
    }

    private static func failure(_ what: String, _ path: String) -> AuditError {
        AuditError(.badKey, "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
