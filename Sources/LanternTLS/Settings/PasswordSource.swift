/// Where the password of an encrypted private key comes from.
public struct PasswordSource: Sendable {
    /// The longest password that OpenSSL takes, in bytes.
    static let maximumLength = 1024

    enum Origin: Sendable {
        case closure(@Sendable () throws -> [UInt8])
        /// A file protected as a key file is; its first line is the password.
        case file(String)
        case environment(String)
    }
    let origin: Origin

    /// Asks when the key is read. The bytes are wiped afterwards.
    public static func closure(_ body: @escaping @Sendable () throws -> [UInt8]) -> Self {
        Self(origin: .closure(body))
    }

    /// The first line of a file that only its owner can read.
    public static func file(_ path: String) -> Self { Self(origin: .file(path)) }

    /// An environment variable.
    public static func environment(_ name: String) -> Self { Self(origin: .environment(name)) }

    /// The file that it is read from, if it is one.
    package var path: String? {
        if case .file(let path) = origin { path } else { nil }
    }

    /// For error messages: where the password was looked for.
    var description: String {
        switch origin {
        case .closure: "the password closure"
        case .file(let path): path
        case .environment(let name): "environment variable \(name)"
        }
    }
}
