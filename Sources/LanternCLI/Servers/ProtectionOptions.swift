import ArgumentParser
import Lantern

/// `--allow-dumps`: for finding a fault with a debugger.
struct ProtectionOptions: ParsableArguments {
    @Flag(
        help: """
            For debugging only: allow core dumps and debuggers. A dump holds the TLS private key and what was called.
            """)
    var allowDumps = false

    func apply(to settings: inout Settings) {
        if allowDumps { settings.allowsDumps = true }
    }
}
