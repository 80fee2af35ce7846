import Foundation
import LanternValue
import LanternWire
import NIOCore
import Testing

@testable import Lantern

/// What a client makes of the answers that a scripted server gave the real Python clients: the `answer.*` vectors.
///
/// The handshake of those captures has no signature, so only what follows it is judged here.
struct AnswerVectorTests {
    @Test("an answer is taken or refused as Python does", arguments: try AnswerVector.all())
    func answer(_ vector: AnswerVector) throws {
        let result = Result { try judge(vector) }
        if let expected = vector.returned {
            #expect(try result.get() == .int(expected))
        } else if AnswerVector.staysData.contains(vector.plainName) {
            // No class is ever built here: what Python has no class for stays a dict.
            #expect(try result.get()["__class__"] != nil)
        } else {
            let error = #expect(throws: (any Error).self) { try result.get() }
            // Python fails to build some of these classes; here each arrives with the text that was sent.
            // (An attribute called `args` overwrites the arguments in Python only.)
            let text = vector.plainName == "exc_attribute_args" ? "1" : "3"
            if let error = error as? RemoteError { #expect(error.message == text) }
        }
    }

    @Test("no vector is left out")
    func count() throws {
        guard ProcessInfo.processInfo.environment["LANTERN_VECTORS"] == nil else { return }
        #expect(try AnswerVector.all().count == 60)
    }

    /// Runs the bytes through frames, session and answer; the call was the first, in serpent.
    private func judge(_ vector: AnswerVector) throws -> Value {
        var decoder = FrameDecoder(limits: .standard)
        var session = ClientSession<Int>()
        session.opened(.pyro)
        _ = session.send(1)
        var bytes = ByteBuffer(bytes: vector.bytes)
        decoder.append(&bytes)
        guard let frame = try decoder.next() else { throw LanternError(.connectionLost, "no answer") }
        guard case .answer = session.received(frame.type, sequence: frame.sequence) else {
            throw LanternError(.protocolViolation, "no answer to this call")
        }
        guard frame.type == .result else { throw LanternError(.protocolViolation, "no result") }
        return try CallAnswer(judging: frame, sent: .serpent, errors: ErrorTranslator()).value()
    }
}

struct AnswerVector: Decodable, Sendable, CustomTestStringConvertible {
    struct Outcome: Decodable {
        struct Tagged: Decodable { let t: String, v: String? }
        struct Raised: Decodable { let type: String, text: String }
        let returns: Tagged?
        let raises: Raised?
    }

    let name: String
    let hex: String
    let outcome: Outcome?

    enum CodingKeys: String, CodingKey {
        case name, hex
        case outcome = "client_outcome"
    }

    var testDescription: String { name }
    var plainName: String { String(name.split(separator: ".").last ?? "") }

    var returned: Int64? {
        guard let tagged = outcome?.returns, tagged.t == "int" else { return nil }
        return tagged.v.flatMap { Int64($0) }
    }

    var bytes: [UInt8] {
        stride(from: 0, to: hex.count - 1, by: 2).compactMap { place in
            let start = hex.index(hex.startIndex, offsetBy: place)
            return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)
        }
    }

    static let staysData: Set = ["class_unknown", "class_forbidden", "exception_no_flag"]

    static func all() throws -> [Self] {
        let folder =
            ProcessInfo.processInfo.environment["LANTERN_VECTORS"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Vectors")
        struct File: Decodable { let vectors: [AnswerVector] }
        return try ["frames-pyro4", "frames-pyro5"].flatMap { name in
            let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
            return try JSONDecoder().decode(File.self, from: data).vectors.filter {
                // Those without a result end in the handshake.
                $0.name.contains(".answer.") && !$0.plainName.hasPrefix("connect") && !$0.hex.isEmpty
            }
        }
    }
}
