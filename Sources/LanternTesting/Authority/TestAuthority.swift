import Crypto
import Foundation
import SwiftASN1
import X509

/// An authority for tests: makes certificates, right and wrong ones, in a directory of its own, which is
/// removed with it. Nothing of it lasts, nothing of it is in git.
public final class TestAuthority: Sendable {
    /// Where all files lie; mode 0700.
    public let directory: String
    /// PEM, this authority's certificate.
    public let rootsFile: String
    let key: P256.Signing.PrivateKey
    let certificate: Certificate

    /// - Parameter name: the common name of the authority.
    public init(name: String = "Lantern test authority") throws {
        directory = try Self.makeDirectory()
        key = P256.Signing.PrivateKey()
        certificate = try Self.makeRoot(name: name, key: key)
        rootsFile = directory + "/roots.pem"
        try Self.write(certificate.serializeAsPEM().pemString, to: rootsFile, mode: 0o644)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Issues a certificate with a new key.
    public func issue(_ request: TestCertificate = .init()) throws -> TestIdentity {
        let leafKey = P256.Signing.PrivateKey()
        let now = Date()
        let leaf = try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(leafKey.publicKey),
            notValidBefore: now.addingTimeInterval(request.startsIn.seconds),
            notValidAfter: now.addingTimeInterval(request.endsIn.seconds),
            issuer: certificate.subject,
            subject: DistinguishedName { CommonName(request.commonName) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try extensions(of: request, key: leafKey),
            issuerPrivateKey: .init(key))
        return try write(leaf, leafKey)
    }

    private func write(_ leaf: Certificate, _ leafKey: P256.Signing.PrivateKey) throws -> TestIdentity {
        let stem = directory + "/" + UUID().uuidString.lowercased()
        let identity = TestIdentity(
            certificateFile: stem + ".pem", keyFile: stem + ".key", rootsFile: rootsFile)
        try Self.write(leaf.serializeAsPEM().pemString, to: identity.certificateFile, mode: 0o644)
        try Self.write(leafKey.pemRepresentation, to: identity.keyFile, mode: 0o600)
        return identity
    }

    /// Puts any text into a new file of this authority's directory.
    public func write(_ text: String, name: String, mode: UInt32 = 0o600) throws -> String {
        let path = directory + "/" + name
        try Self.write(text, to: path, mode: mode)
        return path
    }

    private func extensions(
        of request: TestCertificate, key leafKey: P256.Signing.PrivateKey
    ) throws -> Certificate.Extensions {
        var names: [GeneralName] = request.uris.map { .uniformResourceIdentifier($0) }
        names += request.dnsNames.map { .dnsName($0) }
        names += try request.addresses.map { .ipAddress(try Self.octets(of: $0)) }
        var usages: [ExtendedKeyUsage.Usage] = []
        if request.isForServers { usages.append(.serverAuth) }
        if request.isForClients { usages.append(.clientAuth) }
        let rootKeyID = SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
        return try Certificate.Extensions {
            if request.isAuthority {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
            } else {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
            }
            SubjectKeyIdentifier(hash: Certificate.PublicKey(leafKey.publicKey))
            AuthorityKeyIdentifier(keyIdentifier: rootKeyID.keyIdentifier)
            if !usages.isEmpty { try ExtendedKeyUsage(usages) }
            if !names.isEmpty { SubjectAlternativeNames(names) }
        }
    }

    private static func makeRoot(name: String, key: P256.Signing.PrivateKey) throws -> Certificate {
        let subject = try DistinguishedName { CommonName(name) }
        return try Certificate(
            version: .v3,
            serialNumber: .init(),
            publicKey: .init(key.publicKey),
            notValidBefore: Date().addingTimeInterval(-86_400 * 30),
            notValidAfter: Date().addingTimeInterval(86_400),
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
            },
            issuerPrivateKey: .init(key))
    }

    private static func octets(of address: String) throws -> ASN1OctetString {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            return ASN1OctetString(contentBytes: withUnsafeBytes(of: four) { ArraySlice($0) })
        }
        guard inet_pton(AF_INET6, address, &six) == 1 else { throw CocoaError(.formatting) }
        return ASN1OctetString(contentBytes: withUnsafeBytes(of: six) { ArraySlice($0) })
    }

    private static func makeDirectory() throws -> String {
        let path = NSTemporaryDirectory() + "/lantern-test-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path
    }

    static func write(_ text: String, to path: String, mode: UInt32) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        guard chmod(path, mode) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) }
}
