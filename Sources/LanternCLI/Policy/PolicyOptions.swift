import ArgumentParser
import Glibc
import Lantern
import LanternTLS
import LanternTrust

/// `--policy`, `--home`: which policy a command reads.
struct PolicyOptions: ParsableArguments {
    @Option(help: "A policy file. (default: policy.yaml of the home)", completion: .file())
    var policy: String?
    @OptionGroup var home: HomeOptions

    func path() throws -> String { try policy ?? home.chosen().policyFile }

    /// - Throws: ``LanternError/Code/configuration`` with a line for each mistake.
    func table() throws -> PolicyTable { try PolicyFile.read(path()).asServed() }

    /// The trust domains that the home accepts; nil where there is no home, or its certificates cannot be read.
    func trustDomains() -> [String]? {
        guard let home = try? home.chosen(), let settings = try? Settings.load(home),
            let context = try? TLSContext(settings: settings.tls)
        else { return nil }
        return context.trustDomains
    }
}
