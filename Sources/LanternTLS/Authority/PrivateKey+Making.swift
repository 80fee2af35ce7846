import COpenSSL

extension LocalAuthority.KeyKind {
    func generate() throws(TLSError) -> PrivateKey {
        OpenSSLQueue.clear()
        let key =
            switch self {
            case .p256: lantern_EVP_generate_p256()
            case .ed25519: lantern_EVP_generate_ed25519()
            }
        guard let key else {
            throw TLSError(
                .internalError, "no key can be made: \(OpenSSLQueue.drain().text)",
                hint: "the OpenSSL installation")
        }
        return PrivateKey(adopting: key)
    }
}

extension PrivateKey {
    /// PKCS #8, not encrypted. Whoever takes it wipes it.
    func pem() throws(TLSError) -> [UInt8] {
        OpenSSLQueue.clear()
        guard let bio = MemoryBIO(),
            PEM_write_bio_PKCS8PrivateKey(bio.pointer, pointer, nil, nil, 0, nil, nil) == 1
        else {
            throw TLSError(
                .internalError, "the key cannot be written: \(OpenSSLQueue.drain().text)",
                hint: "the OpenSSL installation")
        }
        return bio.contents
    }
}
