import Lantern
import Synchronization

/// What `callback_client.py` and `callback_server.py` have in Python.
@Remote
protocol Bureau: Sendable {
    func speak(_ text: String) async throws -> String
    func fail() async throws
    func chain() async throws -> String
}

@Remote
protocol Office: Sendable {
    func speak(_ desk: any Bureau, _ text: String) async throws -> String
    func speakAll(_ desks: [any Bureau], _ named: [String: any Bureau]) async throws -> [String]
    func fail(_ desk: any Bureau) async throws -> String
    func hire(_ name: String) async throws -> any Bureau
    func hireMany(_ count: Int) async throws -> [String: [any Bureau]]
    func passOn(_ desk: any Bureau) async throws -> any Bureau
    func place() async throws -> PyroURI
    func chain(_ desk: any Bureau) async throws -> [String]
    func later(_ desk: any Bureau, _ text: String) async throws
}

final class Clerk: Bureau {
    let name: String
    private let heard = AsyncStream.makeStream(of: String.self)

    init(_ name: String) { self.name = name }

    func speak(_ text: String) async throws -> String {
        heard.continuation.yield(text)
        return "\(name) says \(text)"
    }

    func fail() async throws { throw RemoteError(type: "builtins.KeyError", message: "no \(name)") }
    func chain() async throws -> String { CallContext.current?.correlationID ?? "none" }

    /// The next text that was said.
    func next() async -> String? {
        for await text in heard.stream { return text }
        return nil
    }
}

actor SwiftOffice: Office {
    private let daemon: Daemon

    init(_ daemon: Daemon) { self.daemon = daemon }

    func speak(_ desk: any Bureau, _ text: String) async throws -> String { try await desk.speak(text) }

    func speakAll(_ desks: [any Bureau], _ named: [String: any Bureau]) async throws -> [String] {
        var answers: [String] = []
        for desk in desks + named.sorted(by: { $0.key < $1.key }).map(\.value) {
            answers.append(try await desk.speak("all"))
        }
        return answers
    }

    func fail(_ desk: any Bureau) async throws -> String {
        do {
            try await desk.fail()
            return "no error"
        } catch let error as RemoteError {
            return "\(error.type) \(error.message)"
        }
    }

    func hire(_ name: String) async throws -> any Bureau {
        let clerk = Clerk(name)
        try await daemon.register(clerk, as: (any Bureau).self)
        return clerk
    }

    func hireMany(_ count: Int) async throws -> [String: [any Bureau]] {
        var desks: [any Bureau] = []
        for number in 0..<count { desks.append(try await hire("many\(number)")) }
        return ["desks": desks]
    }

    func passOn(_ desk: any Bureau) -> any Bureau { desk }
    func place() throws -> PyroURI { try PyroURI("PYRO:desk@localhost:1234") }

    func chain(_ desk: any Bureau) async throws -> [String] {
        [CallContext.current?.correlationID ?? "none", try await desk.chain()]
    }

    func later(_ desk: any Bureau, _ text: String) async throws { _ = try await desk.speak(text) }
}
