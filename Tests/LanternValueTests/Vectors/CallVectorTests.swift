import Foundation
import LanternValue
import Testing

/// Every INVOKE body of `calls.json` that is in one of our formats.
struct CallVectorTests {
    @Test("a call body that Python wrote opens to object, method and arguments", arguments: try all(.both))
    func opens(_ vector: CallVector) throws {
        let envelope = try CallEnvelope(reading: vector.bytes, format: vector.format)
        // Pyro4 leaves msgpack extensions in arguments undecoded; we decode them for both generations.
        let isDecodedHereOnly = vector.format == .msgpack && vector.name.hasSuffix(".pyro4")
        let expected = isDecodedHereOnly ? vector.call : vector.decoded ?? vector.call
        #expect(envelope.object == expected.object)
        #expect(envelope.method == expected.method)
        if expected.method == "<batch>" {
            let items = try envelope.batchItems(maximum: 100)
            let wanted = expected.vargs.value?.elements ?? []
            #expect(items.map(\.method) == wanted.compactMap { $0.elements?.first?.textValue })
            for (item, want) in zip(items, wanted) {
                #expect(try item.arguments.values().positional == want.elements?[1].elements)
            }
            return
        }
        let values = try envelope.arguments.values()
        // A class dict stays a map here; a value that Swift has no type for cannot be compared.
        if let positional = expected.vargs.value?.elements, !vector.holdsClassDict {
            #expect(values.positional.map(\.comparable) == positional.map(\.comparable))
        } else {
            #expect(values.positional.count == 1)
        }
        let keywords = expected.kwargs.value?.pairs ?? []
        #expect(values.keywords.map { ValuePair(.text($0.0), $0.1) } == keywords)
    }

    @Test("the same call, written here, opens to the same", arguments: try all(.both))
    func writes(_ vector: CallVector) throws {
        guard let positional = vector.call.vargs.value?.elements else { return }
        var call = try CallWriter(
            format: vector.format, object: vector.call.object, method: vector.call.method,
            argumentCount: positional.count, vargsAsList: vector.call.vargs.value?.kind == .list)
        if ["serpent", "json"].contains(vector.serializer) && vector.name.hasSuffix("datetime_arg") {
            // Python turns these into text first; here the caller does, so that nothing changes its type in silence.
            #expect(throws: ValueError.self) { try call.arguments.write(positional[0]) }
            return
        }
        for value in positional { try call.arguments.write(value) }
        let keywords = vector.call.kwargs.value?.pairs?.map { ($0.key.textValue ?? "", $0.value) }
        let written = try call.finish(keywords: keywords)
        // marshal's bytes depend on reference counts in the sender; all others have one form.
        if vector.format != .marshal && !vector.holdsClassDict {
            #expect(written == vector.bytes, "\(String(decoding: written, as: UTF8.self))")
        }
        let ours = try CallEnvelope(reading: written, format: vector.format)
        let theirs = try CallEnvelope(reading: vector.bytes, format: vector.format)
        #expect(ours.object == theirs.object && ours.method == theirs.method)
        #expect(
            try ours.arguments.values().positional.map(\.comparable)
                == theirs.arguments.values().positional.map(\.comparable))
    }

    @Test("no vector is left out")
    func count() throws {
        guard VectorFile.isOwnCopy else { return }
        #expect(try Self.all(.both).count == 72)
        #expect(try Self.all(.encodeError).count == 10)
    }

    static func all(_ direction: Vector.Direction) throws -> [CallVector] {
        let data = try Data(contentsOf: VectorFile.folder.appendingPathComponent("calls.json"))
        return try JSONDecoder().decode(CallFile.self, from: data).vectors.filter {
            SerializerFormat(rawValue: $0.serializer) != nil && $0.direction == direction
        }
    }
}

private struct CallFile: Decodable {
    let vectors: [CallVector]
}

struct CallVector: Decodable, Sendable, CustomTestStringConvertible {
    struct Call: Decodable, Sendable {
        let object: String
        let method: String
        let vargs: TaggedValue
        let kwargs: TaggedValue
    }

    let name: String
    let serializer: String
    let direction: Vector.Direction
    let hex: String
    let call: Call
    let decoded: Call?

    var testDescription: String { name }
    var format: SerializerFormat { SerializerFormat(rawValue: serializer) ?? .serpent }
    var bytes: [UInt8] { [UInt8](hex: hex) ?? [] }
    var holdsClassDict: Bool { hex.contains("5f5f636c6173735f5f") }
}
