import COpenSSL

/// A private key out of a protected PEM file.
///
/// Owns an `EVP_PKEY *`, one reference, given back in `deinit`.
struct PrivateKey: ~Copyable {
    let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }

    /// - Throws: what ``ProtectedFile`` says; ``TLSError/Code/badFile``, ``TLSError/Code/missingPassword`` or
    ///   ``TLSError/Code/wrongPassword``.
    init(file path: String, passwordSource: PasswordSource?) throws(TLSError) {
        var pem = try ProtectedFile.read(path, as: "private key", limit: 256 * 1024)
        defer { pem.wipe() }
        let isEncrypted = pem.holds("BEGIN ENCRYPTED PRIVATE KEY") || pem.holds("Proc-Type: 4,ENCRYPTED")
        var password: [UInt8] = []
        defer { password.wipe() }
        if isEncrypted {
            guard let passwordSource else {
                throw TLSError(
                    .missingPassword, "the private key is encrypted and no password source is set", hint: path
                )
            }
            password = try passwordSource.read()
        }
        guard let bio = MemoryBIO(reading: pem) else {
            throw TLSError(.internalError, "no memory", hint: path)
        }
        OpenSSLQueue.clear()
        let key = password.withUnsafeMutableBufferPointer { bytes in
            withUnsafeMutablePointer(to: &bytes) {
                PEM_read_bio_PrivateKey(bio.pointer, nil, givePassword, $0)
            }
        }
        guard let key else {
            let reason = OpenSSLQueue.drain().text
            guard isEncrypted else {
                throw TLSError(.badFile, "the file holds no private key in PEM form (\(reason))", hint: path)
            }
            let origin = passwordSource?.description ?? "the password"
            throw TLSError(
                .wrongPassword, "the password from \(origin) does not open the private key", hint: path)
        }
        OpenSSLQueue.clear()
        pointer = key
    }
}

/// Copies the password to where OpenSSL wants it; `argument` is the buffer pointer of the bytes.
private func givePassword(
    _ target: UnsafeMutablePointer<CChar>?, _ size: Int32, _ isForWriting: Int32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let target,
        let source = argument?.assumingMemoryBound(to: UnsafeMutableBufferPointer<UInt8>.self).pointee,
        let start = source.baseAddress, source.count <= Int(size), !source.isEmpty
    else { return -1 }
    UnsafeMutableRawPointer(target).copyMemory(from: start, byteCount: source.count)
    return Int32(source.count)
}

extension [UInt8] {
    fileprivate func holds(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, count >= wanted.count else { return false }
        return indices.dropLast(wanted.count - 1).contains {
            self[$0] == first && self[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }
}
