import NIOCore
import Testing

@testable import LanternWire

/// Hand-made frames, and what the Python servers do with them.
struct FrameVectorTests {
    struct Vector: Decodable {
        struct Reply: Decodable {
            struct Value: Decodable {
                let text: String?

                init(from decoder: any Decoder) throws {
                    text = try? decoder.container(keyedBy: Key.self).decode(String.self, forKey: .v)
                }
                enum Key: CodingKey { case v }
            }
            let type: String?
            let value: Value?
        }
        let name: String
        let hex: String
        let stage: String?
        let replyFields: Reply?

        var shortName: String { name.split(separator: ".").last.map(String.init) ?? name }
        var version: WireVersion { name.hasPrefix("pyro4") ? .v48 : .v502 }

        /// Python could not make a message out of the bytes; what it thinks of the message does not count.
        var pythonRefusesTheBytes: Bool {
            guard replyFields?.type == "CONNECTFAIL", let text = replyFields?.value?.text else {
                return false
            }
            return Self.wireComplaints.contains { text.hasPrefix($0) }
        }

        private static let wireComplaints = [
            "invalid data", "invalid protocol version", "invalid message or protocol version",
            "header checksum mismatch", "message too large", "negative buffersize",
            "Error -3 while decompressing",
            "annotation chunk length exceeds", "unpack requires a buffer", "'ascii' codec can't decode",
            "bytes is not a 16-char string", "hmac key config not symmetric",
        ]
    }

    /// What we refuse although Python goes on: it waits for more bytes, names the type later, or cuts
    /// silently.
    static let stricter: Set<String> = [
        "pyro4.frame.handshake.six_bad", "pyro4.frame.handshake.wakeup",
        "pyro4.frame.handshake.type_zero", "pyro4.frame.handshake.type_99",
        "pyro4.frame.handshake.annotation_overrun",
        "pyro5.frame.handshake.type_zero", "pyro5.frame.handshake.type_99",
    ]

    /// After the handshake Python mostly just closes, so these are written down.
    static let refusedWhenConnected: Set<String> = [
        "bad_tag", "bad_check", "not_compressed", "annotation_overrun", "size_2g", "hmac_unexpected",
        "corr_short",
    ]

    @Test(
        "in the handshake we refuse what Python refuses and take what it takes",
        arguments: ["frames-pyro4.json", "frames-pyro5.json"])
    func handshake(file: String) throws {
        let vectors = try VectorFile<Vector>.load(file).filter { $0.stage == "handshake" }
        #expect(vectors.count >= 38)
        for vector in vectors {
            let refused = try Self.outcome(vector) != nil
            let expected = vector.pythonRefusesTheBytes || Self.stricter.contains(vector.name)
            #expect(refused == expected, "\(vector.name)")
        }
    }

    @Test(
        "after the handshake we refuse what is no message and take what is one",
        arguments: ["frames-pyro4.json", "frames-pyro5.json"])
    func connected(file: String) throws {
        let vectors = try VectorFile<Vector>.load(file).filter { $0.stage == "connected" }
        #expect(vectors.count >= 60)
        for vector in vectors {
            let refused = try Self.outcome(vector) != nil
            #expect(refused == Self.refusedWhenConnected.contains(vector.shortName), "\(vector.name)")
        }
    }

    @Test(
        "the code says what is wrong",
        arguments: [
            ("pyro4.frame.handshake.http", WireError.Code.notPyro), ("pyro5.frame.handshake.http", .notPyro),
            ("pyro4.frame.handshake.tls_hello", .notPyro), ("pyro5.frame.handshake.wakeup", .notPyro),
            ("pyro4.frame.handshake.zeros", .badTag), ("pyro5.frame.handshake.zeros", .badTag),
            ("pyro4.frame.handshake.version_minus", .badVersion),
            ("pyro5.frame.handshake.version_other", .badVersion),
            ("pyro4.frame.handshake.bad_check", .badChecksum), ("pyro5.frame.handshake.bad_check", .badMagic),
            ("pyro4.frame.handshake.type_zero", .badType), ("pyro5.frame.handshake.type_99", .badType),
            ("pyro4.frame.handshake.annotation_overrun", .badAnnotation),
            ("pyro5.frame.handshake.annotation_overrun", .badAnnotation),
            ("pyro4.frame.handshake.annotation_cut", .badAnnotation),
            ("pyro5.frame.handshake.annotation_not_ascii", .badAnnotation),
            ("pyro4.frame.handshake.corr_short", .badAnnotation),
            ("pyro4.frame.handshake.hmac_unexpected", .hmacNotSupported),
            ("pyro4.frame.handshake.not_compressed", .badCompression),
            ("pyro4.frame.handshake.size_negative", .frameTooLarge),
            ("pyro5.frame.handshake.size_2g", .frameTooLarge),
            ("pyro5.frame.handshake.size_4g", .frameTooLarge),
        ])
    func codes(name: String, code: WireError.Code) throws {
        let file = name.hasPrefix("pyro4") ? "frames-pyro4.json" : "frames-pyro5.json"
        let vector = try #require(try VectorFile<Vector>.load(file).first { $0.name == name })
        #expect(try Self.outcome(vector)?.code == code)
    }

    /// Reads all frames of a vector; the error that ended it, if one did.
    private static func outcome(_ vector: Vector) throws -> WireError? {
        var input = try #require(bytes(hex: vector.hex), "\(vector.name)")
        var decoder = FrameDecoder(limits: .standard, accepting: [vector.version])
        decoder.append(&input)
        do {
            while try decoder.next() != nil {}
            return nil
        } catch {
            return error
        }
    }
}
