import NIOCore
import Testing

@testable import LanternWire

/// Messages captured between real Pyro clients and servers.
struct MessageVectorTests {
    struct Vector: Decodable {
        struct Fields: Decodable {
            let version: UInt16
            let type: String
            let flags: [String]
            let seq: UInt16
            let serializerId: UInt16
            let dataSize: Int
            let annotationsSize: Int
            let correlationId: String?
            let annotations: [[String]]
            let payloadCompressed: Bool?
            let payloadText: String?
        }
        let name: String
        let hex: String
        let fields: Fields

        var isSigned: Bool { fields.annotations.contains { $0.first == "HMAC" } }
        /// Pyro4 writes the annotations of a method in front of the correlation id, we behind it.
        var hasOtherOrder: Bool {
            fields.version == 48 && fields.annotations.dropFirst().contains { $0.first == "CORR" }
        }
    }

    @Test(
        "every captured message is read as it was meant",
        arguments: ["messages-pyro4.json", "messages-pyro5.json"])
    func reading(file: String) throws {
        let vectors = try VectorFile<Vector>.load(file)
        #expect(vectors.count > 500)
        for vector in vectors where !vector.isSigned {
            let frame = try Self.decode(vector)
            try Self.compareHeader(frame, vector)
            try Self.compareAnnotations(frame, vector)
            try Self.comparePayload(frame, vector)
        }
    }

    @Test(
        "every captured message is written as it was",
        arguments: ["messages-pyro4.json", "messages-pyro5.json"])
    func writing(file: String) throws {
        for vector in try VectorFile<Vector>.load(file) where !vector.isSigned {
            let frame = try Self.decode(vector)
            var again = ByteBuffer()
            if frame.flags.contains(.compressed) {
                try FrameEncoder.encode(frame, into: &again, compression: .pyro5)
                var decoder = FrameDecoder(limits: .standard)
                decoder.append(&again)
                #expect(try decoder.next() == frame, "\(vector.name)")
            } else {
                try FrameEncoder.encode(frame, into: &again)
                let original = try #require(bytes(hex: vector.hex))
                #expect(again.readableBytes == original.readableBytes, "\(vector.name)")
                #expect(vector.hasOtherOrder || again == original, "\(vector.name)")
            }
        }
    }

    @Test("only one captured message has its annotations in another order")
    func orders() throws {
        let vectors = try VectorFile<Vector>.load("messages-pyro4.json")
        #expect(vectors.filter(\.hasOtherOrder).count == 1)
    }

    @Test("messages signed with a Pyro4 key are refused")
    func signed() throws {
        let vectors = try VectorFile<Vector>.load("messages-pyro4.json").filter(\.isSigned)
        #expect(vectors.count == 8)
        for vector in vectors {
            let error = #expect(throws: WireError.self, "\(vector.name)") { try Self.decode(vector) }
            #expect(error?.code == .hmacNotSupported, "\(vector.name)")
        }
    }

    private static func decode(_ vector: Vector) throws -> Frame {
        var input = try #require(bytes(hex: vector.hex))
        var decoder = FrameDecoder(limits: .standard)
        decoder.append(&input)
        let frame = try #require(try decoder.next(), "\(vector.name)")
        #expect(decoder.bufferedBytes == 0, "\(vector.name)")
        return frame
    }

    private static func compareHeader(_ frame: Frame, _ vector: Vector) throws {
        let fields = vector.fields
        #expect(frame.version.rawValue == fields.version, "\(vector.name)")
        #expect(frame.type.description == fields.type, "\(vector.name)")
        #expect(frame.flags == (try flags(fields.flags)), "\(vector.name)")
        #expect(frame.sequence == fields.seq, "\(vector.name)")
        #expect(frame.serializer.raw(in: frame.version) == fields.serializerId, "\(vector.name)")
    }

    private static func compareAnnotations(_ frame: Frame, _ vector: Vector) throws {
        var expected = Annotations()
        for pair in vector.fields.annotations {
            let tag = try #require(AnnotationTag(pair[0]))
            let data: ByteBuffer? = bytes(hex: pair[1])
            try #require(data != nil)
            expected[tag] = data
        }
        var id = vector.fields.correlationId
        if frame.version == .v48 {
            id = vector.fields.annotations.first { $0.first == "CORR" }?[1]
            expected[.correlation] = nil
        } else if !vector.fields.flags.contains("CORR_ID") {
            id = nil
        }
        #expect(frame.annotations == expected, "\(vector.name)")
        let text = frame.correlationID?.description.filter { $0 != "-" }
        #expect(text == id, "\(vector.name)")
    }

    private static func comparePayload(_ frame: Frame, _ vector: Vector) throws {
        let fields = vector.fields
        if fields.payloadCompressed == true {
            let text = try #require(fields.payloadText, "\(vector.name)")
            #expect(frame.payload == ByteBuffer(string: text), "\(vector.name)")
        } else {
            let whole = try #require(bytes(hex: vector.hex))
            let start = frame.version.headerSize + fields.annotationsSize
            #expect(frame.payload == whole.getSlice(at: start, length: fields.dataSize), "\(vector.name)")
        }
    }

    private static func flags(_ names: [String]) throws -> FrameFlags {
        let known: [String: FrameFlags] = [
            "EXCEPTION": .exception, "COMPRESSED": .compressed, "ONEWAY": .oneway, "BATCH": .batch,
            "ITEMSTREAMRESULT": .itemStreamResult, "KEEPSERIALIZED": .keepSerialized,
            "META_ON_CONNECT": .metaOnConnect, "CORR_ID": [],
        ]
        return try names.reduce(into: []) { try $0.formUnion(#require(known[$1], "\($1)")) }
    }
}
