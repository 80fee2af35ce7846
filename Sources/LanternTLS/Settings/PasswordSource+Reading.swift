import Glibc

extension PasswordSource {
    /// - Throws: ``TLSError/Code/missingPassword``, or what ``ProtectedFile`` says about the file.
    func read() throws(TLSError) -> [UInt8] {
        let password: [UInt8]
        switch origin {
        case .closure(let body):
            do { password = try body() } catch {
                throw missing("it threw \(String(describing: error).prefix(200))")
            }
        case .file(let path):
            let bytes = try ProtectedFile.read(path, as: "password file", limit: 64 * 1024)
            password = Array(bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
        case .environment(let name):
            guard let value = getenv(name) else { throw missing("it is not set") }
            password = Array(String(cString: value).utf8)
        }
        guard !password.isEmpty else { throw missing("it is empty") }
        guard password.count <= Self.maximumLength else {
            throw missing("it has more than \(Self.maximumLength) bytes")
        }
        return password
    }

    private func missing(_ why: String) -> TLSError {
        TLSError(.missingPassword, "no password for the private key: \(why)", hint: description)
    }
}
