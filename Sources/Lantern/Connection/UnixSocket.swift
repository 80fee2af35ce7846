import Glibc

/// Unix sockets by path: bound with the permissions that were asked for, cleared away when stale.
///
/// A path that begins with a NUL is a name in Linux' abstract name space: no file, and no permissions either.
package enum UnixSocket {
    /// The longest path, in bytes: what the system's address holds.
    package static let maximumPath = 107
    /// Connections that may wait to be accepted.
    static let backlog: CInt = 512

    /// A socket that listens, and the file that is its address.
    struct Listening: Sendable {
        let descriptor: CInt
        let path: String
        fileprivate let file: FileIdentity?

        /// Takes the file away, if it is still this socket's: another daemon may have put its own there.
        func removeFile() {
            guard let file, FileIdentity(path) == file else { return }
            unlink(path)
        }
    }

    /// What tells one file from another that took its place.
    fileprivate struct FileIdentity: Equatable {
        let device: UInt
        let inode: UInt
        let isSocket: Bool

        init?(_ path: String) {
            var facts = stat()
            guard lstat(path, &facts) == 0 else { return nil }
            device = UInt(facts.st_dev)
            inode = UInt(facts.st_ino)
            isSocket = facts.st_mode & S_IFMT == S_IFSOCK
        }
    }

    /// Binds and listens. The file has its permissions before anybody can connect.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when the path is too long, in use, or no socket.
    static func listen(path: String, mode: Int) throws -> Listening {
        try check(path)
        let isAbstract = path.utf8.first == 0
        if !isAbstract { try clearStale(path) }
        let descriptor = try open()
        do {
            // Linux makes the file with the mode of the socket, less what the umask takes; chmod gives that back.
            if !isAbstract, fchmod(descriptor, mode_t(mode)) != 0 { throw failure("set up", path) }
            guard withAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw failure("bind", path) }
            let file = isAbstract ? nil : FileIdentity(path)
            guard isAbstract || chmod(path, mode_t(mode)) == 0, Glibc.listen(descriptor, backlog) == 0 else {
                let error = failure("listen on", path)
                Listening(descriptor: descriptor, path: path, file: file).removeFile()
                throw error
            }
            return Listening(descriptor: descriptor, path: path, file: file)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Connects within the time; a queue that is full is waited for.
    ///
    /// - Throws: ``LanternError/Code/connectFailed``, ``LanternError/Code/misuse`` for a path that cannot be one.
    static func connect(path: String, before end: ContinuousClock.Instant) async throws -> CInt {
        do { try check(path) } catch let error as LanternError {
            throw LanternError(.misuse, error.detail)
        }
        var pause = Duration.milliseconds(1)
        while true {
            let descriptor = try open()
            if withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 { return descriptor }
            let code = errno
            close(descriptor)
            guard code == EAGAIN || code == EINTR, .now < end else {
                throw LanternError(.connectFailed, "cannot reach \(shown(path)): \(text(of: code))")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Sends one datagram, and does not wait when nobody takes it.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the system's reason.
    static func send(_ text: String, to path: String) throws {
        try check(path)
        let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else {
            throw LanternError(.configuration, "cannot make a socket: \(Self.text(of: errno))")
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        let sent = withAddress(path) { address, size in
            CInt(
                truncatingIfNeeded: sendto(
                    descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), address, size))
        }
        guard sent == bytes.count else {
            throw LanternError(.configuration, "cannot send to \(shown(path)): \(Self.text(of: errno))")
        }
    }

    /// - Throws: ``LanternError/Code/configuration``.
    static func check(_ path: String) throws {
        let bytes = path.utf8
        guard bytes.count <= maximumPath else {
            throw LanternError(
                .configuration,
                "the socket path \(shown(path)) has \(bytes.count) bytes; a socket's path has \(maximumPath) at most"
            )
        }
        guard bytes.contains(where: { $0 != 0 }), !bytes.dropFirst().contains(0) else {
            throw LanternError(.configuration, "a socket path is empty or has a NUL in it")
        }
    }

    /// Removes a socket file that nobody listens behind any more.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when somebody does, or when it is no socket.
    private static func clearStale(_ path: String) throws {
        guard let found = FileIdentity(path) else { return }
        guard found.isSocket else {
            throw LanternError(
                .configuration, "cannot listen on \(shown(path)): there is a file that is no socket")
        }
        let descriptor = try open()
        defer { close(descriptor) }
        let isTaken = withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0
        let code = errno
        guard !isTaken, code != EAGAIN else {
            throw LanternError(
                .configuration, "cannot listen on \(shown(path)): another program listens there")
        }
        guard code == ECONNREFUSED else { throw failure("look at", path, code) }
        // Only what was looked at: another daemon may be starting at the same time.
        if FileIdentity(path) == found { unlink(path) }
    }

    private static func open() throws -> CInt {
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else {
            throw LanternError(.connectFailed, "cannot make a socket: \(text(of: errno))")
        }
        return descriptor
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8.prefix(maximumPath))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let fixed = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
        // An abstract name ends with its length, a path with a NUL.
        let size = socklen_t(fixed + bytes.count + (bytes.first == 0 ? 0 : 1))
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    private static func failure(_ what: String, _ path: String, _ code: CInt = errno) -> LanternError {
        LanternError(
            .configuration, "cannot \(what) \(shown(path)): \(text(of: code)); check listen.unix-socket")
    }

    private static func text(of code: CInt) -> String { String(cString: strerror(code)) }

    private static func shown(_ path: String) -> String {
        "./u:" + String(path.prefix(256).map { $0 == "\0" ? "@" : $0 })
    }
}
