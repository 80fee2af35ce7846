import Lantern
import LanternValue
import LanternWire
import Testing

/// Errors that are exception classes of Python programs, and exceptions that are values.
@Suite(.timeLimit(.minutes(2)))
struct ErrorClassTests {
    private static func register(_ settings: inout Settings) {
        settings.errorClasses.register(OutOfStock.self, as: "shop.OutOfStock")
        settings.errorClasses.register(
            PlainError.self, as: "shop.Plain",
            write: { _ in RemoteError(type: "", arguments: ["plain", 5]) },
            read: { error in
                guard error.arguments == ["plain", 5] else { throw error }
                return PlainError()
            })
    }

    private func lab() -> Lab {
        Lab([
            "empty": { _ in throw OutOfStock(item: "lamp", left: 2) },
            "plain": { _ in throw PlainError() },
            "odd": { _ in throw RemoteError(type: "shop.Plain", message: "x") },
        ])
    }

    @Test("E9 a registered error arrives as itself, in batches too", arguments: SerializerFormat.allCases)
    func registered(format: SerializerFormat) async throws {
        let side = try await DeskSide(adjust: Self.register, client: Self.register)
        let uri = try await side.loopback.daemon.register(dynamic: lab(), id: "lab").description
        let lab = try side.loopback.client.dynamicProxy(uri, options: ProxyOptions(serializer: format))
        await #expect(throws: OutOfStock(item: "lamp", left: 2)) { try await lab.call("empty") }
        await #expect(throws: PlainError.self) { try await lab.call("plain") }
        var batch = lab.batch()
        batch.add("empty")
        let results = try await batch.run()
        #expect(throws: OutOfStock(item: "lamp", left: 2)) { try results.first?.get() }
        await side.close()
    }

    @Test("who did not register it gets class, arguments and attributes")
    func unregistered() async throws {
        let side = try await DeskSide(adjust: Self.register)
        let uri = try await side.loopback.daemon.register(dynamic: lab(), id: "lab").description
        let lab = try side.loopback.client.dynamicProxy(uri)
        let error = await #expect(throws: RemoteError.self) { try await lab.call("empty") }
        #expect(error?.type == "shop.OutOfStock")
        #expect(error?.message == "no lamp")
        #expect(error?.attributes.contains(ValuePair("left", 2)) == true)
        // A name that was merely thrown is not one that Python peers are known to have.
        let odd = await #expect(throws: RemoteError.self) { try await lab.call("odd") }
        #expect(odd?.type == "builtins.RuntimeError")
        await side.close()
    }

    @Test("E9 what a converter refuses, or does not fit, is a remote error")
    func hostile() {
        var settings = ErrorClasses()
        settings.register(OutOfStock.self, as: "shop.OutOfStock")
        settings.register(
            PlainError.self, as: "shop.Plain", write: { _ in throw CancellationError() },
            read: { _ in throw CancellationError() })
        let translator = ErrorTranslator(classes: settings)
        let records = [
            ExceptionRecord(className: "shop.OutOfStock", arguments: []),
            ExceptionRecord(
                className: "shop.OutOfStock", arguments: ["x"],
                attributes: [ValuePair("item", 5), ValuePair("left", "many")]),
            ExceptionRecord(className: "shop.Plain", arguments: ["plain", 5]),
            ExceptionRecord(className: "shop.OutOfStoc\u{212A}", arguments: []),
        ]
        for record in records { #expect(translator.error(for: record) is RemoteError) }
        let thrown = translator.exception(
            for: PlainError(), version: .v502, peerIsLantern: false, place: "lab.plain")
        #expect(thrown.className == "builtins.RuntimeError")
        let good = translator.exception(
            for: OutOfStock(item: "saw", left: 0), version: .v48, peerIsLantern: false, place: "lab.empty")
        #expect(good.className == "shop.OutOfStock")
        #expect(translator.error(for: good) as? OutOfStock == OutOfStock(item: "saw", left: 0))
    }

    @Test(
        "E7 an exception that is returned is a value, and is not thrown", arguments: SerializerFormat.allCases
    )
    func values(format: SerializerFormat) async throws {
        let side = try await DeskSide()
        let error = try await side.desk(ProxyOptions(serializer: format)).problem()
        #expect(error.type == "builtins.ValueError" && error.message == "kept")
        let value = try await side.dynamic(ProxyOptions(serializer: format)).call("problem")
        #expect(value["__exception__"] == true)
        #expect(RemoteError(value)?.message == "kept")
        #expect(RemoteError(.map([])) == nil && RemoteError("text") == nil)
        await side.close()
    }

    @Test("E8 an exception that cannot be written is replaced, with both texts and the traceback")
    func unserializable() throws {
        let record = ExceptionRecord(
            className: "builtins.ValueError", arguments: ["told", .ellipsis],
            attributes: [ValuePair("_pyroTraceback", ["line\n"]), ValuePair("x", .ellipsis)])
        for format in SerializerFormat.allCases {
            let bytes = ExceptionPayload.encode(record, version: .v502, as: format)
            let found = try #require(ExceptionRecord(decode(bytes, as: format)))
            if format == .marshal, found.className == "builtins.ValueError" { continue }
            #expect(found.className == "Pyro5.errors.PyroError")
            #expect(found.message.hasPrefix("Error serializing exception: "))
            #expect(found.message.contains("Original exception: builtins.ValueError: "))
            #expect(found.message.contains("told"))
            #expect(found.traceback == ["line\n"])
        }
    }
}
