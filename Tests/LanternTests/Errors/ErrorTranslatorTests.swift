import Lantern
import LanternValue
import LanternWire
import Testing

struct ErrorTranslatorTests {
    private func record(
        _ error: any Error, _ translator: ErrorTranslator = ErrorTranslator([NothingLeft.self]),
        version: WireVersion = .v502, toLantern: Bool = true
    ) -> ExceptionRecord {
        translator.exception(for: error, version: version, peerIsLantern: toLantern, place: "counter.empty")
    }

    @Test("a registered error comes back as itself, from Lantern and by way of a Python class")
    func registered() {
        let translator = ErrorTranslator([NothingLeft.self])
        for toLantern in [true, false] {
            let record = record(NothingLeft(item: "lamp"), toLantern: toLantern)
            #expect(record.className == (toLantern ? "lantern.NothingLeft" : "builtins.RuntimeError"))
            #expect(record.message == "no lamp left")
            #expect(translator.error(for: record) as? NothingLeft == NothingLeft(item: "lamp"))
        }
    }

    @Test("who did not register it gets a remote error, at either end")
    func unregistered() throws {
        let known = record(NothingLeft(item: "lamp"))
        let remote = try #require(ErrorTranslator().error(for: known) as? RemoteError)
        #expect(remote.type == "lantern.NothingLeft")
        #expect(remote.message == "no lamp left")
        let unknown = record(NothingLeft(item: "lamp"), ErrorTranslator())
        #expect(unknown.className == "builtins.RuntimeError")
        #expect(ErrorTranslator([NothingLeft.self]).error(for: unknown) is RemoteError)
    }

    @Test("a registered name with members that do not fit is a remote error")
    func wrongMembers() {
        var record = record(NothingLeft(item: "lamp"))
        record.attributes = [ValuePair("lanternMembers", .map([ValuePair("item", 5)]))]
        #expect(ErrorTranslator([NothingLeft.self]).error(for: record) is RemoteError)
        record.attributes = []
        #expect(ErrorTranslator([NothingLeft.self]).error(for: record) is RemoteError)
    }

    @Test("E6: classes of the errors module are those of the peer's generation")
    func generations() {
        let error = RemoteError(type: "Pyro5.errors.NamingError", message: "unknown name")
        #expect(record(error).className == "Pyro5.errors.NamingError")
        #expect(record(error, version: .v48).className == "Pyro4.errors.NamingError")
        let own = LanternError(.notAllowed, "no")
        #expect(record(own, version: .v48).className == "Pyro4.errors.SecurityError")
    }

    @Test("I6: a class that a Python peer could not have becomes one that it has")
    func foreignClasses() {
        for type in ["sqlite3.Error", "os.system", "", "subprocess.Popen", "lantern.X"] {
            #expect(record(RemoteError(type: type, message: "x")).className == "builtins.RuntimeError")
        }
        #expect(record(PlainError()).className == "builtins.RuntimeError")
    }

    @Test("texts are cut, whoever made them", arguments: [0, 1])
    func bounded(form: Int) throws {
        let long = String(repeating: "ä", count: 100_000)
        let error: any Error =
            form == 0 ? RemoteError(type: "builtins.ValueError", message: long) : NothingLeft(item: long)
        let record = record(error, ErrorTranslator())
        #expect(record.message.utf8.count < 5_000)
        #expect(record.traceback.joined().utf8.count < 10_000)
        #expect(try encode(record.value, as: .json).count < 20_000)
    }

    @Test("the far side's timeout is a timeout here; its traceback is kept")
    func back() {
        let translator = ErrorTranslator()
        let timeout = ExceptionRecord(className: "Pyro5.errors.TimeoutError", arguments: ["slow"])
        #expect((translator.error(for: timeout) as? LanternError)?.code == .timeout)
        let error = ExceptionRecord(
            className: "builtins.ValueError", arguments: ["a", 2],
            attributes: [ValuePair("_pyroTraceback", .list(["one\n", "two\n"])), ValuePair("code", 7)])
        let remote = translator.error(for: error) as? RemoteError
        #expect(remote?.traceback == ["one\n", "two\n"])
        #expect(remote?.arguments == ["a", 2])
        #expect(remote?.attributes == [ValuePair("code", 7)])
        #expect(remote?.message == "('a', 2)")
    }

    @Test("a class is recognised whatever module it came from")
    func isA() {
        let error = RemoteError(type: "Pyro5.errors.NamingError", message: "")
        #expect(error.isA("NamingError"))
        #expect(error.isA("Pyro5.errors.NamingError"))
        #expect(!error.isA("Error"))
    }
}
