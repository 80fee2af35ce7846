import ArgumentParser
import Glibc
import Lantern

/// `--home`: the lantern home that a command works with.
struct HomeOptions: ParsableArguments {
    @Option(help: "The lantern home. (default: the variable LANTERN_HOME)", completion: .directory)
    var home: String?

    /// - Throws: ``LanternError/Code/configuration`` when neither option nor variable names one.
    func chosen() throws -> LanternHome {
        let variable = getenv("LANTERN_HOME").map { ["LANTERN_HOME": String(cString: $0)] } ?? [:]
        return try LanternHome(home, environment: variable)
    }

    func settings() throws -> Settings { try Settings.load(chosen()) }
}
