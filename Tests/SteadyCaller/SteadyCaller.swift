import ArgumentParser
import Glibc
import Lantern
import Synchronization
import UnixSignals

/// Calls `echo` without a pause and counts: the load for tests that change certificates, networks and processes under
/// it.
///
/// Prints a line when calls begin to fail, `FAILING reason`, and when they come back, `CALLING`; at the end, on
/// SIGTERM, `calls N failed M`. Exit status 1 when one failed.
@main
struct SteadyCaller: AsyncParsableCommand {
    @Option(help: "The lantern home.")
    var home: String
    @Option(help: "Proxies that call at the same time, each over a connection of its own.")
    var workers = 4
    @Option(help: "Seconds until a call is given up.")
    var timeout = 5.0
    @Option(help: "Milliseconds between two calls of one proxy.")
    var pause = 1
    @Flag(help: "Each call over a connection of its own: every handshake counts too.")
    var reconnecting = false
    @Argument(help: "The object.")
    var uri: String

    func run() async throws {
        let client = try Client(settings: .load(home: home))
        let tally = Tally()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let load = Task {
            await withTaskGroup { group in
                for _ in 0..<max(workers, 1) {
                    group.addTask { await call(client, tally) }
                }
            }
        }
        for await _ in signals { break }
        load.cancel()
        await load.value
        await client.shutdown()
        let (calls, failed) = tally.counts
        Self.print("calls \(calls) failed \(failed)")
        if failed > 0 { throw ExitCode(1) }
    }

    private func call(_ client: Client, _ tally: Tally) async {
        var options = client.settings.proxies
        options.timeout = .seconds(timeout)
        options.connectTimeout = .seconds(timeout)
        options.retries = 0
        var number: Int64 = 0
        var target: DynamicProxy?
        while !Task.isCancelled {
            number += 1
            do {
                let proxy = try target ?? client.dynamicProxy(uri, options: options)
                target = reconnecting ? nil : proxy
                defer { if reconnecting { proxy.remote.close() } }
                let answer = try await proxy.call("echo", .int(number))
                guard answer == .int(number) else { throw Strange(answer: "\(answer)") }
                tally.succeeded()
            } catch {
                // The end of the test is no failure of a call.
                if Task.isCancelled { return }
                tally.failed(error)
                try? await Task.sleep(for: .milliseconds(50))
            }
            if pause > 0 { try? await Task.sleep(for: .milliseconds(pause)) }
        }
    }

    static func print(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDOUT_FILENO, bytes, bytes.count)
    }
}

private struct Strange: Error { let answer: String }

private final class Tally: Sendable {
    private struct State {
        var calls = 0
        var failed = 0
        var isFailing: Bool?
    }
    private let state = Mutex(State())

    var counts: (Int, Int) { state.withLock { ($0.calls, $0.failed) } }

    func succeeded() {
        let isNews = state.withLock { state in
            state.calls += 1
            defer { state.isFailing = false }
            return state.isFailing != false
        }
        if isNews { SteadyCaller.print("CALLING") }
    }

    func failed(_ error: any Error) {
        let isNews = state.withLock { state in
            state.failed += 1
            defer { state.isFailing = true }
            return state.isFailing != true
        }
        if isNews {
            SteadyCaller.print(
                "FAILING \("\(error)".prefix(300).map { $0.isNewline ? " " : $0 }.map(String.init).joined())")
        }
    }
}
