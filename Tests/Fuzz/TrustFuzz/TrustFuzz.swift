import COpenSSL
import Glibc

@testable import Lantern
@testable import LanternTLS
@testable import LanternTrust

/// What libFuzzer calls with every input. `LANTERN_FUZZ` names what is tried: `policy` (a policy file, or one of
/// expectations), `keyuse` (the file of last uses, and times) or `crl` (a file of revocation lists).
///
/// Nothing may trap, what is taken must fit its own description, and what is refused must say why.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTrust(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    switch target {
    case "policy": first & 1 == 0 ? fuzz(policy: rest) : fuzz(expectations: rest)
    case "keyuse": first & 1 == 0 ? fuzz(keyUse: rest) : fuzz(time: rest)
    case "crl": fuzz(revocationLists: rest)
    default: fatalError("no target \(target)")
    }
    return 0
}

private let target: String = {
    guard let name = unsafe getenv("LANTERN_FUZZ") else { fatalError("LANTERN_FUZZ is not set") }
    return unsafe String(cString: name)
}()

// MARK: - Policies

private func fuzz(policy bytes: [UInt8]) {
    let reading = PolicyFile.examine(String(decoding: bytes, as: UTF8.self), path: "p")
    guard reading.problems.allSatisfy({ !$0.text.isEmpty && $0.line >= 0 }) else {
        fatalError("a mistake without words")
    }
    guard let document = reading.document else {
        guard !reading.problems.isEmpty else { fatalError("refused without a reason") }
        return
    }
    guard reading.problems.isEmpty, let table = try? reading.table().asServed() else {
        fatalError("understood, and refused")
    }
    let surroundings = PolicyReview.Surroundings(objects: ["a", "example.b"], trustDomains: ["example.org"])
    for finding in PolicyReview(document, surroundings).findings() where finding.text.isEmpty {
        fatalError("a finding without words")
    }
    guard let identity = try? PeerIdentity("spiffe://example.org/client/one") else { return }
    for object in ["a", "example.b", "Pyro.NameServer"] {
        for method in ["get", "set=", "lookup"] {
            let found = PolicyVerdict(
                table, identity: identity, object: object, method: method, keyExchange: "X25519"
            ).deciding
            guard !found.reason.isEmpty else { fatalError("a decision without a reason") }
            guard found.isAllowed == (found.rule?.effect == .allow) else {
                fatalError("\(found.reason): decided by another rule")
            }
        }
    }
}

private let everybody = try? PolicyTable(rules: [
    PolicyRule(.allow, identities: ["*"], objects: ["*"], methods: ["*"])
])

private func fuzz(expectations bytes: [UInt8]) {
    do {
        let read = try PolicyExpectations(String(decoding: bytes, as: UTF8.self), path: "e")
        guard !read.expectations.isEmpty, let everybody else { fatalError("no expectations") }
        let denied = read.expectations.filter { !$0.isAllowed || $0.rule != nil }
        for failure in read.failures(of: everybody)
        where !denied.contains(failure.expectation) && failure.expectation.object.utf8.count <= 1_024
            && failure.expectation.method.utf8.count <= 1_024
        {
            fatalError("everything is allowed, and \(failure.expectation) is not")
        }
    } catch {
        guard let error = error as? LanternError, error.code == .configuration, !error.detail.isEmpty else {
            fatalError("\(error) says nothing about the file")
        }
    }
}

// MARK: - Last uses and times

private func fuzz(keyUse bytes: [UInt8]) {
    let uses: [KeyUse.Entry: Int64]
    do throws(TrustError) { uses = try KeyUseFile(path: file(of: bytes)).read() } catch {
        guard !error.detail.isEmpty else { fatalError("an error without words") }
        return
    }
    guard uses.count <= KeyUse.maximumEntries else { fatalError("more entries than there may be") }
    for (entry, seconds) in uses {
        guard HandshakeKey.isID(entry.keyID), Timestamp.seconds(Timestamp.text(seconds)) == seconds else {
            fatalError("\(entry) at \(seconds)")
        }
    }
}

private func fuzz(time bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let seconds = Timestamp.seconds(text), Timestamp.text(seconds) != text {
        fatalError("'\(text)' is \(Timestamp.text(seconds))")
    }
    if let milliseconds = PolicyText.milliseconds(ofDay: text) {
        guard Timestamp.text(milliseconds / 1_000) == text + "T00:00:00Z" else {
            fatalError("the day '\(text)' is \(Timestamp.text(milliseconds / 1_000))")
        }
    }
    // Any number is shown as a time that can be read.
    var number: Int64 = 0
    for byte in bytes.prefix(8) { number = number << 8 | Int64(byte) }
    guard Timestamp.seconds(Timestamp.text(number)) != nil else { fatalError("\(number)") }
}

// MARK: - Revocation lists

private func fuzz(revocationLists bytes: [UInt8]) {
    let path = file(of: bytes)
    guard let store = unsafe X509_STORE_new() else { fatalError("no memory") }
    defer { unsafe X509_STORE_free(store) }
    var settings = TLSSettings(certificateChainFile: "", privateKeyFile: "", trustRootsFile: "")
    settings.crlFile = path
    let loaded: [RevocationList]
    do throws(TLSError) { loaded = try RevocationLoader(settings: settings, store: store).load() } catch {
        guard !error.detail.isEmpty, error.hint == path else { fatalError("an error without words or file") }
        _ = try? RevocationListFacts.read(path)
        return
    }
    guard !loaded.isEmpty, loaded.allSatisfy({ $0.count >= 0 && $0.issuerDigest.count == 32 }) else {
        fatalError("a list without an issuer")
    }
    guard let facts = try? RevocationListFacts.read(path), facts.count == loaded.count else {
        fatalError("the doctor reads other lists")
    }
}

// MARK: - Files

private let path: String = {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    return "\(directory)/lantern-fuzz-\(getpid()).file"
}()

private func file(of bytes: [UInt8]) -> String {
    unlink(path)
    let file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    guard file >= 0 else { fatalError("\(path) cannot be made") }
    guard unsafe write(file, bytes, bytes.count) == bytes.count, close(file) == 0 else {
        fatalError("\(path) cannot be written")
    }
    return path
}
