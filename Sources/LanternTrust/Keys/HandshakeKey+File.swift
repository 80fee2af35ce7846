internal import CSodium

extension HandshakeKey {
    /// Reads an own key. See ``KeyFileText`` for the form and ``ProtectedFile`` for what the file must be.
    ///
    /// - Throws: ``TrustError``, its detail naming the file, the line and what to do.
    public convenience init(contentsOf path: String) throws(TrustError) {
        let file = try ProtectedFile(path: path)
        try file.requirePrivate()
        let text = try KeyFileText(reading: file, as: .own)
        guard let secret = text.secret else {
            throw TrustError(.malformedKeyFile, "\(path): 'secret' is missing")
        }
        try self.init(
            id: text.id, algorithm: text.algorithm, identities: text.identities, role: text.role,
            validity: text.validity, secret: secret)
    }

    /// Writes the key for its owner alone, mode 600, in one step: a reader sees the old file or the new one.
    ///
    /// - Throws: ``TrustError/Code/unwritableFile``, or the directory's ``TrustError/Code/exposedDirectory``.
    package func write(to path: String) throws(TrustError) {
        let writer = KeyFileWriter(
            kind: .own, id: id, algorithm: algorithm, identities: identities, role: role,
            validity: validity)
        try writer.write(secret: secret, to: path)
    }
}

extension AuthorizedKey {
    /// Reads the key of another end.
    ///
    /// - Throws: as ``HandshakeKey/init(contentsOf:)``; the file may be readable by all unless it holds a shared
    ///   secret.
    public init(contentsOf path: String) throws(TrustError) {
        let file = try ProtectedFile(path: path)
        let text = try KeyFileText(reading: file, as: .authorized)
        let material: Material
        if let secret = text.secret {
            try file.requirePrivate()
            material = .shared(
                try HandshakeKey(
                    id: text.id, algorithm: text.algorithm, identities: text.identities,
                    validity: text.validity, secret: secret))
        } else if let publicBytes = text.publicBytes {
            material = .publicKey(publicBytes)
        } else {
            throw TrustError(.malformedKeyFile, "\(path): 'public' is missing")
        }
        self.init(
            id: text.id, algorithm: text.algorithm, identities: text.identities, role: text.role,
            validity: text.validity, material: material)
    }

    /// Writes the file for the other end's `authorized` directory: mode 644, or 600 when it holds a shared secret.
    ///
    /// - Throws: as ``HandshakeKey/write(to:)``; ``TrustError/Code/malformedKeyFile`` when nobody may use the key.
    package func write(to path: String) throws(TrustError) {
        let writer = try writer()
        switch material {
        case .publicKey(let bytes): try writer.write(publicKey: bytes, to: path)
        case .shared(let key): try writer.write(secret: key.secret, to: path)
        }
    }

    /// The text of the file, for a key that is no secret; nil for a shared one.
    ///
    /// - Throws: ``TrustError/Code/malformedKeyFile`` when nobody may use the key.
    package func publicText() throws(TrustError) -> String? {
        guard case .publicKey(let bytes) = material else { return nil }
        return try writer().text(publicKey: bytes)
    }

    private func writer() throws(TrustError) -> KeyFileWriter {
        guard !identities.isEmpty else {
            throw TrustError(.malformedKeyFile, "key '\(id)' names no identity that may use it")
        }
        return KeyFileWriter(
            kind: .authorized, id: id, algorithm: algorithm, identities: identities, role: role,
            validity: validity)
    }
}
