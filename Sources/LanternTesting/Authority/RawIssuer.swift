import Crypto
import Foundation
import SwiftASN1
import X509

/// Signs certificates that are written down byte by byte: the authority of a ``TestAuthority``, or one below it.
package struct RawIssuer: Sendable {
    private let authority: TestAuthority
    private let key: P256.Signing.PrivateKey
    private let subject: [UInt8]
    private let keyID: [UInt8]
    /// PEM: the signing certificates between a leaf and the root.
    private let chain: String

    init(_ authority: TestAuthority) throws {
        self.authority = authority
        key = authority.key
        keyID =
            try authority.certificate.extensions.subjectKeyIdentifier.map { Array($0.keyIdentifier) } ?? []
        var serializer = DER.Serializer()
        try serializer.serialize(authority.certificate.subject)
        subject = serializer.serializedBytes
        chain = ""
    }

    private init(
        authority: TestAuthority, key: P256.Signing.PrivateKey, subject: [UInt8], chain: String
    ) {
        self.authority = authority
        self.key = key
        keyID = Self.keyID(key)
        self.subject = subject
        self.chain = chain
    }

    /// Issues a certificate with a new key.
    package func issue(_ raw: RawCertificate) throws -> TestIdentity {
        let leafKey = P256.Signing.PrivateKey()
        let pem = Self.pem(try certificate(raw, for: leafKey)) + chain
        let stem = UUID().uuidString.lowercased()
        return TestIdentity(
            certificateFile: try authority.write(pem, name: stem + ".pem", mode: 0o644),
            keyFile: try authority.write(leafKey.pemRepresentation, name: stem + ".key"),
            rootsFile: authority.rootsFile)
    }

    /// Makes an issuer below this one.
    package func issuer(_ raw: RawCertificate = .authority) throws -> RawIssuer {
        let key = P256.Signing.PrivateKey()
        let pem = Self.pem(try certificate(raw, for: key))
        return RawIssuer(
            authority: authority, key: key, subject: Self.name(raw.commonName), chain: pem + chain)
    }

    private func certificate(
        _ raw: RawCertificate, for subjectKey: P256.Signing.PrivateKey
    ) throws -> [UInt8] {
        let algorithm = HandDER.sequence(HandDER.identifier([1, 2, 840, 10045, 4, 3, 2]))
        let own: [RawCertificate.Extension] = [
            .init([2, 5, 29, 14], HandDER.octets(Self.keyID(subjectKey))),
            .init([2, 5, 29, 35], HandDER.sequence(HandDER.element(0x80, keyID))),
        ]
        let usual = [raw.basicConstraints, raw.keyUsage, raw.extendedKeyUsage, raw.names].compactMap(\.self)
        let extensions = (usual + own + raw.more).flatMap { found in
            HandDER.sequence(
                HandDER.identifier(found.identifier), found.isCritical ? HandDER.boolean(true) : [],
                HandDER.octets(found.content))
        }
        let now = Date()
        var parts: [[UInt8]] = []
        if raw.version > 1 { parts.append(HandDER.element(0xA0, HandDER.integer([raw.version - 1]))) }
        parts += [
            HandDER.integer((0..<12).map { _ in UInt8.random(in: 1...0x7F) }), algorithm, subject,
            HandDER.sequence(Self.time(now - 3600), Self.time(now + 3600)), Self.name(raw.commonName),
            Array(subjectKey.publicKey.derRepresentation),
        ]
        if raw.version > 2 { parts.append(HandDER.element(0xA3, HandDER.element(0x30, extensions))) }
        let signed = HandDER.element(0x30, parts.flatMap(\.self))
        let signature = try key.signature(for: signed).derRepresentation
        return HandDER.sequence(signed, algorithm, HandDER.bitString(Array(signature)))
    }

    private static func name(_ commonName: String?) -> [UInt8] {
        guard let commonName else { return HandDER.sequence() }
        return HandDER.sequence(
            HandDER.element(
                0x31,
                HandDER.sequence(
                    HandDER.identifier([2, 5, 4, 3]), HandDER.element(0x0C, Array(commonName.utf8)))))
    }

    private static func keyID(_ key: P256.Signing.PrivateKey) -> [UInt8] {
        Array(Insecure.SHA1.hash(data: key.publicKey.x963Representation))
    }

    private static func time(_ date: Date) -> [UInt8] {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let numbers = [
            parts.tm_year % 100, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
        ]
        let text = numbers.map { ($0 < 10 ? "0" : "") + "\($0)" }.joined() + "Z"
        return HandDER.element(0x17, Array(text.utf8))
    }

    private static func pem(_ bytes: [UInt8]) -> String {
        let text = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }
}

extension TestAuthority {
    /// Signs what is written down byte by byte.
    package func rawIssuer() throws -> RawIssuer { try RawIssuer(self) }
}
