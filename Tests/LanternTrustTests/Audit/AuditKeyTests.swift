import Foundation
import Testing

@testable import LanternTrust

struct AuditKeyTests {
    /// The example of C2SP tlog-checkpoint and Go's `note` package documentation use this form.
    @Test("a verifier key is read in the form of Go's note package")
    func goVerifierKey() throws {
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        let verifier = try NoteVerifier(text)
        #expect(verifier.name == "PeterNeumann")
        #expect(verifier.text == text)
        let note =
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        let signature =
            "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        let bytes = try #require(Base64.decode(signature.utf8))
        #expect(Array(bytes[..<4]) == verifier.hash)
        #expect(verifier.verifies(Array(bytes[4...]), of: Array(note.utf8)))
        #expect(!verifier.verifies(Array(bytes[4...]), of: Array(note.utf8) + [10]))
    }

    @Test(
        "what is no verifier key is refused",
        arguments: [
            "", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+AhpcQ",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ])
    func badVerifierKey(text: String) {
        #expect(throws: AuditError.self) { try NoteVerifier(text) }
    }

    @Test("a key file is made once, with mode 0600, and read again")
    func create() throws {
        let directory = try AuditDirectory()
        let first = try makeKey(directory)
        let second = try makeKey(directory)
        #expect(first.publicKey == second.publicKey)
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + "/audit.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["audit.key"])
    }

    @Test("a key that others can read, a link, or another log's key is refused")
    func refusals() throws {
        let directory = try AuditDirectory()
        _ = try makeKey(directory)
        let file = directory.path + "/audit.key"
        #expect(throws: AuditError.self) {
            try AuditKey.load(file: file, origin: "other.test/audit", mayCreate: true)
        }
        let link = directory.path + "/link.key"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        #expect(throws: AuditError.self) {
            try AuditKey.load(file: link, origin: auditOrigin, mayCreate: true)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        #expect(throws: AuditError.self) {
            try AuditKey.load(file: file, origin: auditOrigin, mayCreate: true)
        }
    }

    @Test("a missing key is made only for a new log")
    func missing() throws {
        let directory = try AuditDirectory()
        let error = #expect(throws: AuditError.self) {
            try AuditKey.load(file: directory.path + "/no.key", origin: auditOrigin, mayCreate: false)
        }
        #expect(error?.code == .missingKey)
    }

    @Test(
        "origins that a note cannot carry are refused", arguments: ["", "a b", "a+b", "a\nb", "a\u{2003}b"])
    func origins(origin: String) throws {
        let directory = try AuditDirectory()
        #expect(throws: AuditError.self) {
            try AuditKey.load(file: directory.path + "/audit.key", origin: origin, mayCreate: true)
        }
    }
}
