import Lantern
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Annotations beside calls and answers, and the correlation id.
@Suite(.timeLimit(.minutes(2)))
struct AnnotationTests {
    static let generations: [PyroGeneration] = [.pyro5, .pyro4]

    @Test("H2 H3 annotations go with a call and come with its answer", arguments: generations)
    func bothWays(generation: PyroGeneration) async throws {
        let side = try await DeskSide()
        var options = ProxyOptions(generation: generation)
        options.annotations = try CallAnnotations(["PROX": [1], "ECHO": [2]])
        let desk = try side.desk(options)
        let call = CallOptions(annotations: try CallAnnotations(["ECHO": [3, 4], "MORE": []]))
        let (names, response) = try await CallResponse.of(call) { try await desk.tag(failing: false) }
        #expect(Set(names) == ["PROX", "ECHO", "MORE"])
        #expect(response.annotations["BACK"] == [3, 4])
        #expect(response.annotations.names == ["BACK"])
        let (plain, second) = try await CallResponse.of { try await desk.tag(failing: false) }
        #expect(Set(plain) == ["PROX", "ECHO"])
        #expect(second.annotations["BACK"] == [2])
        let (_, third) = try await CallResponse.of { try await desk.fixed }
        #expect(third.annotations.isEmpty)
        await side.close()
    }

    @Test("names of other lengths, reserved names and too many are refused where they are set")
    func names() throws {
        var annotations = CallAnnotations()
        for name in [
            "", "A", "ABC", "ABCDE", "ÄBC", "CORR", "HMAC", "STRM", "BLBI", "LNTN", "LDLN", "LNHD", "LNXX",
            "LSTR",
        ] {
            let error = #expect(throws: LanternError.self) { try annotations.set(name, to: [1]) }
            #expect(error?.code == .misuse, "\(name)")
        }
        #expect(annotations.isEmpty)
        for number in 10..<(10 + CallAnnotations.maximumCount) { try annotations.set("AB\(number)", to: []) }
        #expect(throws: LanternError.self) { try annotations.set("ABCD", to: []) }
        try annotations.set("AB10", to: nil)
        #expect(annotations["AB10"] == nil)
        #expect(annotations.names.count == CallAnnotations.maximumCount - 1)
    }

    @Test("a proxy's annotations and a call's are together no more than one message may have")
    func together() async throws {
        let side = try await DeskSide()
        var options = ProxyOptions()
        for number in 10..<(10 + CallAnnotations.maximumCount) {
            try options.annotations.set("AB\(number)", to: [])
        }
        let desk = try side.desk(options)
        let same = CallOptions(annotations: try CallAnnotations(["AB10": [1]]))
        let (names, _) = try await CallResponse.of(same) { try await desk.tag(failing: false) }
        #expect(names.count == CallAnnotations.maximumCount)
        let more = CallOptions(annotations: try CallAnnotations(["ECHO": [1]]))
        let error = await #expect(throws: LanternError.self) {
            _ = try await CallResponse.of(more) { try await desk.tag(failing: false) }
        }
        #expect(error?.code == .misuse)
        #expect(try await desk.fixed == 7)
        await side.close()
    }

    @Test(
        "more than the message or the wire format holds is an error of that call only", arguments: generations
    )
    func tooLarge(generation: PyroGeneration) async throws {
        let side = try await DeskSide { $0.limits.messageSize = 256 << 10 }
        var options = ProxyOptions(generation: generation)
        options.maximumMessage = 256 << 10
        let desk = try side.desk(options)
        let large = CallOptions(
            annotations: try CallAnnotations(["ECHO": [UInt8](repeating: 1, count: 300 << 10)]))
        let error = await #expect(throws: LanternError.self) {
            _ = try await CallResponse.of(large) { try await desk.tag(failing: false) }
        }
        #expect(error?.code == .serialization)
        let fitting = CallOptions(
            annotations: try CallAnnotations(["ECHO": [UInt8](repeating: 1, count: 60_000)]))
        let (_, response) = try await CallResponse.of(fitting) { try await desk.tag(failing: false) }
        #expect(response.annotations["BACK"]?.count == 60_000)
        await side.close()
    }

    @Test("response annotations reach their own answer only: many calls at once, some of which fail")
    func noLeaks() async throws {
        let side = try await DeskSide()
        let desk = try side.desk()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let bytes = Array("\(number)".utf8)
                    let options = CallOptions(annotations: try CallAnnotations(["ECHO": bytes]))
                    let response = CallResponse()
                    var own = options
                    own.response = response
                    switch number % 3 {
                    case 0:
                        await ProxyOptions.$current.withValue(own) {
                            await #expect(throws: RemoteError.self) { try await desk.tag(failing: true) }
                        }
                        #expect(response.annotations.isEmpty)
                    case 1:
                        let (_, response) = try await CallResponse.of { try await desk.fixed }
                        #expect(response.annotations.isEmpty)
                    default:
                        let (_, response) = try await CallResponse.of(options) {
                            try await desk.tag(failing: false)
                        }
                        #expect(response.annotations["BACK"] == bytes)
                    }
                }
            }
            try await group.waitForAll()
        }
        await side.close()
    }

    @Test("what is set after a call has ended, or for a batch, leaks nowhere")
    func lateAndBatches() async throws {
        let side = try await DeskSide()
        let dynamic = try side.dynamic()
        let (_, first) = try await CallResponse.of { try await dynamic.call("tag", false) }
        #expect(first.annotations["BACK"] == [])
        let late = try #require(await side.service.seen.first)
        try late.setResponseAnnotation("LATE", to: [1])
        let (_, second) = try await CallResponse.of { try await dynamic.call("tag", false) }
        #expect(second.annotations.names == ["BACK"])
        var batch = dynamic.batch()
        batch.add("tag", false)
        batch.add("tag", true)
        let ready = batch
        let (_, third) = try await CallResponse.of { try await ready.run() }
        #expect(third.annotations.names == ["BACK"])
        await side.close()
    }

    @Test("D15 an item of a stream comes with its own annotations", arguments: SerializerFormat.allCases)
    func streamItems(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        var options = ProxyOptions(serializer: format)
        options.streamDelivery = .pulled
        let desk = try side.desk(options)
        let response = CallResponse()
        var found: [[UInt8]?] = []
        try await ProxyOptions.$current.withValue(CallOptions(response: response)) {
            for try await _ in try await desk.tagged(upTo: 4) { found.append(response.annotations["ITEM"]) }
        }
        #expect(found == [[0], nil, [2], [3]])
        await side.close()
    }

    @Test("annotations that a peer made up are not seen under reserved names, and do no harm")
    func hostile() async throws {
        let side = try await DeskSide()
        let peer = try await RawEnd.connect(side.loopback.caller, port: side.loopback.daemon.port)
        try await peer.authenticate(object: "desk")
        var call = try RawEnd.call("tag", [false], object: "desk")
        for name in ["BLBI", "STRM", "HMAX", "LNHD", "LNZZ", "ABCD"] {
            call.annotations[try #require(AnnotationTag(name))] = ByteBuffer(bytes: [0xFF, 0, 1])
        }
        try await peer.send(call)
        let answer = try #require(await peer.next())
        #expect(try answer.value().elements?.compactMap(\.textValue) == ["HMAX", "ABCD"])
        #expect(answer.annotations.entries.map(\.tag.description) == ["BACK"])
        await peer.close()
        await side.close()
    }

    @Test("H6 the correlation id follows nested calls and comes back", arguments: generations)
    func correlation(generation: PyroGeneration) async throws {
        let side = try await DeskSide()
        let options = ProxyOptions(generation: generation)
        await side.service.passOn(to: try side.desk(options))
        let desk = try side.desk(options)
        let (ids, response) = try await CallResponse.of { try await desk.correlation(hops: 3) }
        #expect(ids.count == 4)
        #expect(Set(ids) == [response.correlationID ?? "none"])
        var call = CallOptions()
        let own = "00112233-4455-6677-8899-aabbccddeeff"
        try call.setCorrelationID(own)
        let (chosen, second) = try await CallResponse.of(call) { try await desk.correlation(hops: 2) }
        #expect(chosen == [own, own, own])
        #expect(second.correlationID == own)
        #expect(throws: LanternError.self) { try call.setCorrelationID("no uuid") }
        let (others, _) = try await CallResponse.of { try await desk.correlation(hops: 0) }
        #expect(Set(others).isDisjoint(with: ids + [own]))
        await side.close()
    }

    @Test("H1 H7 a method sees who calls, how and with what; one-way calls too")
    func context() async throws {
        let side = try await DeskSide()
        let call = CallOptions(annotations: try CallAnnotations(["ECHO": [9]]))
        for generation in Self.generations {
            for format in SerializerFormat.allCases {
                let options = ProxyOptions(serializer: format, generation: generation)
                _ = try await CallResponse.of(call) { try await side.desk(options).tag(failing: false) }
                let context = try #require(await side.service.seen.last)
                #expect(context.serializer == format)
                #expect(context.generation == generation)
                #expect(context.method == "tag" && context.object == "desk")
                #expect(!context.isOneway && !context.isBatch && context.peerIsLantern)
                #expect(context.peer.identity.description == "spiffe://lantern.test/client")
                #expect(context.address.hasPrefix("127.0.0.1:"))
                #expect(context.sequence > 0)
                #expect(context.annotations["ECHO"] == [9])
            }
        }
        await side.close()
    }
}
