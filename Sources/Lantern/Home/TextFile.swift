import Glibc

/// Reads small text files of a lantern home.
package enum TextFile {
    static let maximumSize = 1 << 20

    /// - Returns: nil when there is no such file.
    /// - Throws: ``LanternError/Code/configuration`` when it cannot be read or is too large.
    package static func read(_ path: String) throws -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw LanternError(.configuration, "\(path): cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw LanternError(
                    .configuration, "\(path): cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= maximumSize else {
                throw LanternError(.configuration, "\(path): larger than \(maximumSize) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw LanternError(.configuration, "\(path): is not UTF-8 text")
        }
        return text
    }
}
