import Lantern
import LanternTrust
import Testing

/// What a daemon sends with every answer.
@Suite(.timeLimit(.minutes(2)))
struct DaemonAnnotationTests {
    /// A desk whose daemon tells the caller the method that it called.
    private func side(_ more: CallAnnotations = .init(), rules: [PolicyRule] = [Loopback.allowAll])
        async throws
        -> DeskSide
    {
        try await DeskSide(rules: rules) { settings in
            settings.hooks.annotateAnswer = { call in
                var annotations = more
                try? annotations.set("METH", to: Array(call.method.utf8))
                return annotations
            }
        }
    }

    @Test(
        "H4 every answer carries them: results, errors, streams, batches",
        arguments: AnnotationTests.generations)
    func everyAnswer(generation: PyroGeneration) async throws {
        let side = try await side()
        let desk = try side.desk(ProxyOptions(generation: generation))
        let (count, first) = try await CallResponse.of { try await desk.count() }
        #expect(count == 3)
        #expect(first.annotations["METH"] == Array("__len__".utf8))

        let failed = CallResponse()
        await #expect(throws: RemoteError.self) {
            try await ProxyOptions.$current.withValue(CallOptions(response: failed)) {
                try await desk.change(limit: -1)
            }
        }
        #expect(failed.annotations.names == ["METH"])

        let (stream, third) = try await CallResponse.of { try await desk.tagged(upTo: 2) }
        #expect(third.annotations["METH"] == Array("tagged".utf8))
        var items: [Int] = []
        for try await item in stream { items.append(item) }
        #expect(items == [0, 1])

        let dynamic = try side.dynamic(ProxyOptions(generation: generation))
        let (results, fourth) = try await CallResponse.of {
            var batch = dynamic.batch()
            batch.add("optional", 5)
            return try await batch.run()
        }
        #expect(try results.map { try $0.get() } == [5])
        #expect(fourth.annotations.names == ["METH"])
        await side.close()
    }

    @Test("H4 over what the method set under the same name, and beside the rest")
    func merged() async throws {
        let side = try await side(CallAnnotations(["BACK": [9], "HOST": [1]]))
        let call = CallOptions(annotations: try CallAnnotations(["ECHO": [3]]))
        let desk = try side.desk()
        let (_, response) = try await CallResponse.of(call) { try await desk.tag(failing: false) }
        #expect(response.annotations["BACK"] == [9])
        #expect(Set(response.annotations.names) == ["BACK", "HOST", "METH"])
        await side.close()
    }

    @Test("H4 more than a message may have are an error of the call that set them, and of no other")
    func tooMany() async throws {
        var many = CallAnnotations()
        for number in 11..<(10 + CallAnnotations.maximumCount) { try many.set("AB\(number)", to: []) }
        let side = try await side(many)
        let desk = try side.desk()
        let (_, response) = try await CallResponse.of { try await desk.fixed }
        #expect(response.annotations.names.count == CallAnnotations.maximumCount)
        await #expect(throws: (any Error).self) { _ = try await desk.tag(failing: false) }
        #expect(try await desk.fixed == 7)
        await side.close()
    }

    @Test("H4 who may not call learns nothing from them, and is not counted by them")
    func refused() async throws {
        let deny = PolicyRule(.deny, identities: ["*"], objects: ["desk"], methods: ["optional"])
        let side = try await side(rules: [deny, Loopback.allowAll])
        let desk = try side.desk()
        let response = CallResponse()
        await #expect(throws: (any Error).self) {
            try await ProxyOptions.$current.withValue(CallOptions(response: response)) {
                _ = try await desk.optional(1)
            }
        }
        #expect(response.annotations.isEmpty)
        await side.close()
    }
}
