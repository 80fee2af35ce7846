import Foundation
import Lantern

/// The interpreter that has the stock Pyro packages.
enum Python {
    /// The repository, found from this file.
    static let repository: String = {
        var url = URL(filePath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    }()

    static let interpreter =
        ProcessInfo.processInfo.environment["LANTERN_PYTHON"] ?? repository + "/.build/venv/bin/python"

    /// Without an interpreter the suites are left out, unless LANTERN_REQUIRE_PYTHON says that this is a failure.
    static let isUsable =
        FileManager.default.isExecutableFile(atPath: interpreter)
        || ProcessInfo.processInfo.environment["LANTERN_REQUIRE_PYTHON"] == "1"

    static let howToGet =
        "no Python with Pyro5 at \(interpreter): run Scripts/test, or name one in LANTERN_PYTHON"

    /// A program of these tests.
    static func program(_ name: String) -> String { repository + "/Tests/Interop/python/" + name }

    /// - Parameter generation: which Pyro the programs of these tests take.
    static func environment(_ generation: PyroGeneration) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PYRO") }
        environment["PYTHONPATH"] = repository + "/Scripts/python"
        environment["PYTHONUNBUFFERED"] = "1"
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment["LANTERN_HOME"] = nil
        environment["LANTERN_TEST_GENERATION"] = "\(generation)"
        return environment
    }
}
