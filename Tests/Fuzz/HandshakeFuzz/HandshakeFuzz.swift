import Glibc
import LanternValue

@testable import Lantern
@testable import LanternTrust

/// What libFuzzer calls with every input. `LANTERN_FUZZ` names what is tried: `handshake` (the body of CONNECT,
/// and an answer), `keyfile` or `identity`.
///
/// Nothing may trap, and what is taken must be written and read again as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHandshake(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    switch target {
    case "handshake": fuzz(connect: bytes)
    case "keyfile": fuzz(keyFile: bytes)
    case "identity": fuzz(identity: bytes)
    default: fatalError("no target \(target)")
    }
    return 0
}

private let target: String = {
    guard let name = unsafe getenv("LANTERN_FUZZ") else { fatalError("LANTERN_FUZZ is not set") }
    return unsafe String(cString: name)
}()

private func fuzz(connect bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let format = SerializerFormat.allCases[Int(first) % SerializerFormat.allCases.count]
    let body = Array(bytes.dropFirst())
    if let value = try? decode(body, as: format, limits: HandshakeMessage.answerLimits) {
        if let metadata = HandshakeMessage.Metadata(value) {
            let again = HandshakeMessage.Metadata(metadata.value(asLists: first > 127))
            guard again == metadata else { fatalError("metadata changes") }
        }
        _ = HandshakeProof(value: value)
    }
    guard let request = try? HandshakeMessage.Request(reading: body, format: format) else { return }
    guard let written = try? request.encoded(as: format),
        let again = try? HandshakeMessage.Request(reading: written, format: format)
    else { fatalError("cannot read the request that was written") }
    guard again.proof == request.proof, again.object == request.object else {
        fatalError("a request changes")
    }
}

private let keyFile: String = {
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    return "\(directory)/lantern-fuzz-\(getpid()).key"
}()

private func fuzz(keyFile bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    unlink(keyFile)
    let file = open(keyFile, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    guard file >= 0 else { fatalError("\(keyFile) cannot be made") }
    let text = Array(bytes.dropFirst())
    guard unsafe write(file, text, text.count) == text.count, close(file) == 0 else {
        fatalError("\(keyFile) cannot be written")
    }
    do throws(TrustError) {
        let file = try ProtectedFile(path: keyFile)
        _ = try KeyFileText(reading: file, as: first & 1 == 0 ? .own : .authorized)
    } catch {
        guard !error.detail.isEmpty else { fatalError("an error without words") }
    }
}

private func fuzz(identity bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts[0], as: UTF8.self)
    if let id = try? SPIFFEID(text) {
        guard id.description == text else { fatalError("a SPIFFE id changes") }
    }
    if let identity = try? PeerIdentity(text) {
        guard (try? PeerIdentity(identity.description)) == identity else { fatalError("an identity changes") }
    }
    if let identity = try? PeerIdentity(dnsName: text) {
        guard (try? PeerIdentity(identity.description)) == identity else { fatalError("a name changes") }
    }
    guard parts.count == 2, parts[0].count < 200, parts[1].count < 200 else { return }
    let pattern = Pattern(text)
    let name = String(decoding: parts[1], as: UTF8.self)
    let expected = matches(Array(text.utf8)[...], Array(name.utf8)[...])
    guard pattern.matches(name) == expected else { fatalError("'\(text)' on '\(name)' is not \(expected)") }
}

/// The same question as ``Pattern/matches(_:)``, answered in the simplest way.
private func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    var reached: Set<Int> = [text.startIndex]
    for byte in pattern {
        if byte == UInt8(ascii: "*") {
            guard let first = reached.min() else { return false }
            reached = Set(first...text.endIndex)
        } else {
            reached = Set(reached.filter { $0 < text.endIndex && text[$0] == byte }.map { $0 + 1 })
        }
    }
    return reached.contains(text.endIndex)
}
