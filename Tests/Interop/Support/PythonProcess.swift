import Foundation
import Lantern
import Synchronization

/// A Python program that runs beside the test; it is ended with the object, by its process id.
final class PythonProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a program left behind.
    struct Report: Sendable {
        let status: Int32
        let output: [String]
        let errors: String
    }

    private let process: Mutex<Process>
    private let identifier: Int32
    private let input: FileHandle
    private let lines: LineReader
    private let errors: LineReader
    private let ended: AsyncStream<Int32>

    /// Starts a program of these tests, through the runner when a home is given.
    convenience init(
        _ program: String, home: LanternHome?, _ arguments: String..., generation: PyroGeneration = .pyro5,
        config: [String: String] = [:]
    ) throws {
        let target = [Python.program(program)] + arguments
        try self.init(
            arguments: home.map { ["-m", "lantern_pyro", "--home", $0.path] + target } ?? target,
            generation: generation, config: config)
    }

    /// - Parameter config: Pyro's own settings, without their PYRO_.
    init(
        arguments: [String], generation: PyroGeneration = .pyro5, config: [String: String] = [:]
    ) throws {
        let process = Process()
        process.executableURL = URL(filePath: Python.interpreter)
        process.arguments = arguments
        process.environment = Python.environment(generation)
        for (name, value) in config { process.environment?["PYRO_" + name] = value }
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        do {
            try process.run()
        } catch {
            throw Failure(description: Python.howToGet + " (\(error))")
        }
        identifier = process.processIdentifier
        self.process = Mutex(process)
        self.input = input.fileHandleForWriting
        self.ended = ended
        lines = LineReader(output.fileHandleForReading)
        self.errors = LineReader(errors.fileHandleForReading)
    }

    deinit {
        if process.withLock({ $0.isRunning }) { kill(identifier, SIGKILL) }
    }

    /// The next line of standard output.
    func line() async throws -> String {
        if let line = await lines.next() { return line }
        throw Failure(description: "the program ended: \(await errors.rest().joined(separator: "\n"))")
    }

    /// Waits for the line `READY <value>`.
    func ready() async throws -> String {
        while true {
            let line = try await line()
            if line.hasPrefix("READY ") { return String(line.dropFirst(6)) }
        }
    }

    /// Writes a line to the program's standard input.
    func tell(_ line: String) throws {
        try input.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Waits for the program's own end.
    func finish() async -> Report {
        try? input.close()
        let output = await lines.rest()
        let errors = await errors.rest()
        var status: Int32 = -1
        for await value in ended { status = value }
        return Report(status: status, output: output, errors: errors.joined(separator: "\n"))
    }

    /// Ends the program and gives what it said. SIGTERM would not do: a child inherits the mask of the thread that
    /// started it, and Swift's threads block signals.
    @discardableResult
    func stop() async -> Report {
        if process.withLock({ $0.isRunning }) { kill(identifier, SIGKILL) }
        return await finish()
    }
}

/// The lines of a pipe, read on a thread of their own.
private final class LineReader: Sendable {
    private let stream: AsyncStream<String>

    init(_ handle: FileHandle) {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        self.stream = stream
        Thread.detachNewThread {
            var rest = Data()
            // Not `read(upToCount:)`: that waits until it has all.
            while case let data = handle.availableData, !data.isEmpty {
                rest.append(data)
                while let end = rest.firstIndex(of: 10) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            if !rest.isEmpty { continuation.yield(String(decoding: rest, as: UTF8.self)) }
            continuation.finish()
        }
    }

    func next() async -> String? {
        for await line in stream { return line }
        return nil
    }

    func rest() async -> [String] {
        var lines: [String] = []
        for await line in stream { lines.append(line) }
        return lines
    }
}
