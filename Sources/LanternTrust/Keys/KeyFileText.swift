/// The fields of a key file, which is text:
///
/// ```
/// lantern-key-v2                         or lantern-authorized-key-v2
/// id: client-1
/// algorithm: ed25519                     or hmac-sha512-256
/// secret: BASE64                         or public: BASE64
/// identity: spiffe://lantern.test/*      any number of times
/// role: client                           or server, or any as without it
/// not-before: 2026-11-23T00:00:00Z
/// not-after: 2027-11-23T00:00:00Z
/// ```
///
/// Version 1 has no dates, and a role only in authorised keys. What version 1 can say is written as version 1, so that
/// programs of before read it.
///
/// Blank lines and lines that begin with `#` say nothing. Lines end with a line feed, or CR and LF.
/// The secret is decoded straight from locked memory into locked memory.
struct KeyFileText {
    enum Kind: String, CaseIterable {
        case own = "lantern-key-v"
        case authorized = "lantern-authorized-key-v"

        func firstLine(_ version: Int) -> String { rawValue + String(version) }
    }

    static let versions = 1...2

    private enum Name: String {
        case id, algorithm, secret, `public`, identity, role
        case notBefore = "not-before"
        case notAfter = "not-after"
    }

    private static let maximumIdentities = 1000

    let path: String
    let kind: Kind
    private(set) var id = ""
    private(set) var algorithm = HandshakeAlgorithm.ed25519
    private(set) var secret: SecretBytes?
    private(set) var publicBytes: [UInt8]?
    private(set) var identities: [String] = []
    private(set) var role: HandshakeRole?
    private var notBefore: Int64?
    private var notAfter: Int64?
    private var seen: Set<Name> = []
    /// Nil before the first line.
    private var version: Int?

    var validity: KeyValidity { KeyValidity(notBefore: notBefore, notAfter: notAfter) }

    /// - Throws: ``TrustError/Code/malformedKeyFile`` with file and line, ``TrustError/Code/unsupportedAlgorithm``,
    ///   ``TrustError/Code/wrongKeyKind``.
    init(reading file: ProtectedFile, as kind: Kind) throws(TrustError) {
        path = file.path
        self.kind = kind
        // A typed error does not pass through the pointer closure, so the lines are cut there and read here.
        let ranges = file.contents.withBytes { text in
            text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
                .map { $0.startIndex..<$0.endIndex }
        }
        for (index, range) in ranges.enumerated() {
            let outcome = file.contents.withBytes { text in
                Result { () throws(TrustError) in
                    try readLine(UnsafeBufferPointer(rebasing: text[range]), number: index + 1)
                }
            }
            try outcome.get()
        }
        try checkComplete()
    }

    private mutating func readLine(_ line: UnsafeBufferPointer<UInt8>, number: Int) throws(TrustError) {
        let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") }
        guard !isBlank, line.first != UInt8(ascii: "#") else { return }
        guard version != nil else {
            version = try readFirstLine(line, number: number)
            return
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
            let name = Name(rawValue: String(decoding: line[..<colon], as: UTF8.self))
        else {
            // The line may be a secret with a slip in its name: it is not shown.
            throw bad(
                number,
                "expected id, algorithm, secret, public, identity, role, not-before or not-after, and a colon"
            )
        }
        var value = line[(colon + 1)...]
        while value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        while value.last == UInt8(ascii: " ") { value = value.dropLast() }
        guard !value.isEmpty else { throw bad(number, "'\(name.rawValue)' is empty") }
        guard seen.insert(name).inserted || name == .identity else {
            throw bad(number, "'\(name.rawValue)' stands there twice")
        }
        try read(name, UnsafeBufferPointer(rebasing: value), number: number)
    }

    private func readFirstLine(
        _ line: UnsafeBufferPointer<UInt8>, number: Int
    ) throws(TrustError) -> Int {
        for kind in Kind.allCases {
            for version in Self.versions where line.elementsEqual(kind.firstLine(version).utf8) {
                guard kind == self.kind else {
                    throw TrustError(
                        .wrongKeyKind,
                        "\(path):\(number): this is "
                            + (kind == .own
                                ? "an own key; put its authorised form here"
                                : "the key of another end, not an own key"))
                }
                return version
            }
        }
        let known = Self.versions.map { "'\(kind.firstLine($0))'" }.joined(separator: " or ")
        throw bad(number, "the first line of a key file is \(known)")
    }

    private mutating func read(
        _ name: Name, _ value: UnsafeBufferPointer<UInt8>, number: Int
    ) throws(TrustError) {
        switch name {
        case .secret:
            secret = try SecretBytes(base64: value, count: HandshakeAlgorithm.secretLength)
            guard secret != nil else {
                throw bad(number, "'secret' is not base64 of \(HandshakeAlgorithm.secretLength) bytes")
            }
        case .public:
            publicBytes = Sodium.bytes(base64: value, count: HandshakeAlgorithm.publicLength)
            guard publicBytes != nil else {
                throw bad(number, "'public' is not base64 of \(HandshakeAlgorithm.publicLength) bytes")
            }
        case .id:
            id = String(decoding: value, as: UTF8.self)
            guard HandshakeKey.isID(id) else {
                throw bad(number, "an id has 1 to \(HandshakeKey.maximumIDLength) visible ASCII characters")
            }
        case .algorithm:
            let text = String(decoding: value, as: UTF8.self)
            guard let known = HandshakeAlgorithm(rawValue: text) else {
                let all = HandshakeAlgorithm.allCases.map(\.rawValue).joined(separator: " or ")
                throw TrustError(.unsupportedAlgorithm, "\(path):\(number): '\(text)'; use \(all)")
            }
            algorithm = known
        case .identity:
            let text = String(decoding: value, as: UTF8.self)
            if let problem = Pattern.problem(in: text) { throw bad(number, "identity \(problem)") }
            guard identities.count < Self.maximumIdentities else {
                throw bad(number, "more than \(Self.maximumIdentities) identities; use a pattern")
            }
            identities.append(text)
        case .role:
            let text = String(decoding: value, as: UTF8.self)
            role = HandshakeRole(rawValue: text)
            guard role != nil || text == "any" else { throw bad(number, "'role' is client, server or any") }
            guard kind == .authorized || version != 1 else { throw needsVersion2(name, number) }
        case .notBefore: notBefore = try time(value, name, number)
        case .notAfter: notAfter = try time(value, name, number)
        }
    }

    private func time(
        _ value: UnsafeBufferPointer<UInt8>, _ name: Name, _ number: Int
    ) throws(TrustError) -> Int64 {
        guard version != 1 else { throw needsVersion2(name, number) }
        guard let seconds = Timestamp.seconds(String(decoding: value, as: UTF8.self)) else {
            throw bad(number, "'\(name.rawValue)' is a time in UTC, as in 2026-11-23T00:00:00Z")
        }
        return seconds
    }

    private func needsVersion2(_ name: Name, _ number: Int) -> TrustError {
        bad(number, "'\(name.rawValue)' needs '\(kind.firstLine(2))' as first line")
    }

    private func checkComplete() throws(TrustError) {
        guard version != nil else {
            throw bad(1, "the file is empty; its first line is '\(kind.firstLine(2))'")
        }
        for name in [Name.id, .algorithm] where !seen.contains(name) {
            throw TrustError(.malformedKeyFile, "\(path): '\(name.rawValue)' is missing")
        }
        let wanted: Name = kind == .own || algorithm == .hmac ? .secret : .public
        let surplus: Name = wanted == .secret ? .public : .secret
        guard seen.contains(wanted) else {
            throw TrustError(.malformedKeyFile, "\(path): '\(wanted.rawValue)' is missing")
        }
        guard !seen.contains(surplus) else {
            throw TrustError(
                .wrongKeyKind,
                "\(path): '\(surplus.rawValue)' has no place here"
                    + (surplus == .secret
                        ? "; nobody else needs this secret, remove it and make a new key" : ""))
        }
        if let notBefore, let notAfter, notBefore > notAfter {
            throw TrustError(.malformedKeyFile, "\(path): 'not-before' is later than 'not-after'")
        }
        // Both ends of a shared key prove themselves with it: a role would be the other end's in the other's file.
        guard kind == .authorized || algorithm == .ed25519 || role == nil else {
            throw TrustError(.malformedKeyFile, "\(path): an own HMAC key is for both roles")
        }
        guard kind == .own || !identities.isEmpty else {
            throw TrustError(
                .malformedKeyFile,
                "\(path): 'identity' is missing; say who may use the key, "
                    + "as in 'identity: spiffe://example.org/client'")
        }
    }

    private func bad(_ line: Int, _ detail: String) -> TrustError {
        TrustError(.malformedKeyFile, "\(path):\(line): \(detail)")
    }
}
