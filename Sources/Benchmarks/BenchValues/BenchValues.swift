import ArgumentParser
import Foundation
import Lantern
import LanternValue

/// Measures the serializers alone: no network, no calls.
///
/// Each named document is written and read in the four formats, by the static path (`RemoteCodable`), by `Codable` and
/// as a `Value` tree. A line of output is one figure, as a JSON object.
@main
struct BenchValues: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-bench-values",
        abstract: "Runs the documents that Scripts/bench-values measures.")

    @Option(help: "Measure only this document; may be repeated.")
    var document: [String] = []
    @Option(help: "Measure only this format; may be repeated.", transform: Self.format)
    var format: [SerializerFormat] = []
    @Option(help: "Measure only this path: static, codable or tree; may be repeated.")
    var path: [Measured.Path] = []
    @Option(help: "How often each figure is taken; the smallest counts.")
    var rounds = 5
    @Option(help: "How long one taking lasts, in milliseconds.")
    var milliseconds = 20
    @Option(help: "Write each document to a file DOCUMENT.msgpack in this folder, and measure nothing.")
    var write: String?

    @Flag(help: "Measure decisions of a policy with 1,000 rules in place of documents.")
    var policy = false

    private static func format(_ name: String) throws -> SerializerFormat {
        guard let format = SerializerFormat(rawValue: name) else {
            throw ValidationError("there is no format '\(name)'")
        }
        return format
    }

    func validate() throws {
        guard rounds > 0, milliseconds > 0 else {
            throw ValidationError("rounds and milliseconds are at least 1")
        }
    }

    func run() throws {
        if policy { return try measurePolicy() }
        for measured in try Documents.all where document.isEmpty || document.contains(measured.name) {
            if let write {
                let bytes = Data(try measured.encoded(as: .msgpack))
                try bytes.write(to: URL(fileURLWithPath: write).appending(path: "\(measured.name).msgpack"))
            } else {
                try measure(measured)
            }
        }
    }

    private func measurePolicy() throws {
        let time = Stopwatch(rounds: rounds, length: .milliseconds(milliseconds))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for figure in try PolicyFigures().figures(time) {
            print(String(decoding: try encoder.encode(figure), as: UTF8.self))
        }
    }

    private func measure(_ measured: Measured) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for format in format.isEmpty ? SerializerFormat.allCases : format {
            for path in path.isEmpty ? Measured.Path.allCases : path {
                let time = Stopwatch(rounds: rounds, length: .milliseconds(milliseconds))
                for figure in try measured.measure(path, as: format, time) {
                    print(String(decoding: try encoder.encode(figure), as: UTF8.self))
                }
            }
        }
    }
}

extension Measured.Path: ExpressibleByArgument {}
