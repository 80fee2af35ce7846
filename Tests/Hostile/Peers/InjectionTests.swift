import LanternTesting
import LanternTrust
import LanternValue
import Logging
import Synchronization
import Testing

@testable import Lantern

/// What a peer writes into names never becomes a line of the log, or a command to a terminal.
@Suite(.timeLimit(.minutes(2)))
struct InjectionTests {
    /// Names that pretend to be an event, move a cursor, hide or turn text.
    static let names = [
        "x\n2026-11-23T00:00:00+0000 notice peer authenticated identity=root", "x\r\nidentity=root",
        "\u{1b}[2J\u{1b}[Hcleared", "\u{1b}]0;title\u{7}", "\u{9b}31mred", "a\u{8}\u{8}b", "a\u{0}b",
        "a\u{202e}gnp.exe", "a\u{200b}b", "a\u{2028}b", "a\u{85}b",
    ]

    private final class Book: LogHandler, Sendable {
        let lines = Mutex<[String]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var metadataProvider: Logger.MetadataProvider? {
            get { nil }
            set {}
        }
        var logLevel: Logger.Level {
            get { .trace }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let line = "\(event.message) \(event.metadata?.map { "\($0)=\($1)" }.sorted() ?? [])"
            lines.withLock { $0.append(line) }
        }
    }

    @Test("names, methods and arguments of a peer are one escaped line each")
    func escaped() async throws {
        let hosts = try TestHosts()
        let rule = PolicyRule(.allow, identities: ["*"], objects: ["echo"], methods: ["fail"])
        var (server, caller) = try hosts.pair(rules: [rule])
        server.listen.host = "127.0.0.1"
        let book = Book()
        let daemon = try await Daemon(settings: server, logger: Logger(label: "hostile") { _ in book })
        var options = ObjectOptions()
        options.logsErrors = true
        try await daemon.register(dynamic: Failing(), id: "echo", options: options)
        caller.proxies.timeout = .seconds(20)
        let client = try Client(settings: caller)
        for name in Self.names {
            let proxy = try client.dynamicProxy("PYRO:echo@127.0.0.1:\(daemon.port)")
            await #expect(throws: (any Error).self) { try await proxy.call(name) }
            await #expect(throws: (any Error).self) { try await proxy.call("fail", .text(name)) }
        }
        await client.shutdown()
        await daemon.shutdown()
        let lines = book.lines.withLock { $0 }
        #expect(lines.count >= Self.names.count)
        #expect(lines.contains { $0.contains("\\u{1b}[2J") })
        for line in lines {
            let isPlain = line.unicodeScalars.allSatisfy {
                ![.control, .format, .lineSeparator, .paragraphSeparator].contains(
                    $0.properties.generalCategory)
            }
            #expect(isPlain, "\(line.debugDescription)")
        }
    }

    @Test("plain text stays as it is", arguments: ["", "plain", "naïve – ö 漢字", "a b"])
    func plain(text: String) { #expect(EscapingLogHandler.escaped(text) == text) }

    /// Throws what it is told.
    private struct Failing: DynamicObject {
        let members = DynamicMembers(methods: ["fail"])

        func call(_ member: String, _ arguments: DynamicArguments) async throws -> DynamicResult {
            throw RemoteError(
                type: "builtins.ValueError", message: arguments.positional.first?.textValue ?? "nothing")
        }
    }
}
