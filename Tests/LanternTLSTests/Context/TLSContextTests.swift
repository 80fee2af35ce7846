import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Testing

struct TLSContextTests {
    let authority: TestAuthority
    let identity: TestIdentity

    init() throws {
        authority = try TestAuthority()
        identity = try authority.issue(TestCertificate("self"))
    }

    private func error(_ change: (inout TLSSettings) throws -> Void) throws -> TLSError? {
        var settings = identity.settings()
        try change(&settings)
        do {
            _ = try TLSContext(settings: settings)
            return nil
        } catch { return error }
    }

    @Test("the own certificate is known")
    func ownCertificate() throws {
        let own = try TLSContext(settings: identity.settings()).ownCertificate
        #expect(own.identity.description == "spiffe://lantern.test/self")
        #expect(own.subject == "CN=self")
        #expect(own.fingerprint.count == 32)
        #expect(own.notBefore < own.notAfter)
    }

    @Test("a missing file is named")
    func missingFiles() throws {
        let nowhere = authority.directory + "/nowhere"
        let paths: [WritableKeyPath<TLSSettings, String>] = [
            \.certificateChainFile, \.privateKeyFile, \.trustRootsFile,
        ]
        for path in paths {
            let error = try error { $0[keyPath: path] = nowhere }
            #expect(error?.code == .unreadableFile)
            #expect(error?.hint == nowhere)
        }
        #expect(try error { $0.crlFile = nowhere }?.code == .unreadableFile)
    }

    @Test("a file with other content is named")
    func badFiles() throws {
        let junk = try authority.write("nothing of use\n", name: "junk")
        let paths: [WritableKeyPath<TLSSettings, String>] = [
            \.certificateChainFile, \.privateKeyFile, \.trustRootsFile,
        ]
        for path in paths {
            let error = try error { $0[keyPath: path] = junk }
            #expect(error?.code == .badFile)
            #expect(error?.hint == junk)
        }
        #expect(try error { $0.crlFile = junk }?.code == .badFile)
    }

    @Test("a key of another certificate is refused")
    func keyMismatch() throws {
        let other = try authority.issue()
        #expect(try error { $0.privateKeyFile = other.keyFile }?.code == .keyMismatch)
    }

    @Test(
        "a key that others may read or change is refused",
        arguments: [0o640, 0o604, 0o620, 0o666] as [mode_t])
    func openKey(_ mode: mode_t) throws {
        #expect(chmod(identity.keyFile, mode) == 0)
        let error = try error { _ in }
        #expect(error?.code == .badlyProtectedFile)
        #expect(error?.hint == identity.keyFile)
    }

    @Test("a key behind a link is refused")
    func linkedKey() throws {
        let link = authority.directory + "/link.key"
        #expect(symlink(identity.keyFile, link) == 0)
        #expect(try error { $0.privateKeyFile = link }?.code == .badlyProtectedFile)
    }

    @Test("a key in a directory that others may change is refused")
    func openDirectory() throws {
        #expect(chmod(authority.directory, 0o777) == 0)
        #expect(try error { _ in }?.code == .badlyProtectedFile)
        #expect(chmod(authority.directory, 0o700) == 0)
    }

    @Test("an own certificate out of date or without identity is told at once")
    func ownCertificateIsChecked() throws {
        for (request, code) in [
            (TestCertificate.expired, TLSError.Code.expired), (.notYetValid, .notYetValid),
            (.withoutIdentity, .noIdentity), (.withTwoIdentities, .noIdentity),
        ] {
            let settings = try authority.issue(request).settings()
            #expect(performing { try TLSContext(settings: settings) }?.code == code)
        }
    }

    @Test("settings out of range are refused")
    func ranges() throws {
        #expect(try error { $0.verifyDepth = -1 }?.code == .badSetting)
        #expect(try error { $0.handshakeTimeout = .zero }?.code == .badSetting)
        #expect(try error { $0.closeTimeout = .seconds(7200) }?.code == .badSetting)
    }

    @Test("an encrypted key opens with its password from each source, and with no other")
    func encryptedKey() throws {
        let encrypted = authority.directory + "/encrypted.key"
        let status = try run([
            "openssl", "pkcs8", "-topk8", "-in", identity.keyFile, "-out", encrypted, "-passout",
            "pass:open sesame",
        ])
        #expect(status == 0)
        #expect(chmod(encrypted, 0o600) == 0)
        func code(_ source: PasswordSource?) throws -> TLSError.Code? {
            try error {
                $0.privateKeyFile = encrypted
                $0.passwordSource = source
            }?.code
        }
        let right = try authority.write("open sesame\nsecond line\n", name: "right.txt")
        let readable = try authority.write("open sesame\n", name: "readable.txt", mode: 0o644)
        #expect(try code(.closure { Array("open sesame".utf8) }) == nil)
        #expect(try code(.file(right)) == nil)
        #expect(try code(.closure { Array("wrong".utf8) }) == .wrongPassword)
        #expect(try code(.file(readable)) == .badlyProtectedFile)
        #expect(try code(.environment("LANTERN_TEST_NOT_SET")) == .missingPassword)
        #expect(try code(.closure { [] }) == .missingPassword)
        #expect(try code(nil) == .missingPassword)
    }
}

/// The error of an operation that should have one.
func performing<T>(_ body: () throws -> T) -> TLSError? {
    do {
        _ = try body()
        return nil
    } catch { return error as? TLSError }
}

/// Runs a program to its end, without input and output.
func run(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
}
