import ArgumentParser
import Glibc
import Logging

/// A command whose errors become one line on standard error and an exit status.
protocol LanternSubcommand: AsyncParsableCommand {
    /// How much is logged.
    var logging: LogOptions { get }

    /// Does the work.
    func perform() async throws
}

extension LanternSubcommand {
    mutating func run() async throws {
        logging.start()
        // Whoever reads our output may leave early: that is an error of a write, not a reason to die silently.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await perform()
        } catch let code as ExitCode {
            throw code
        } catch let error as ValidationError {
            throw error
        } catch {
            Output.error("lantern: \(ErrorText.text(of: error))")
            throw ExitCode(ExitStatus(error).rawValue)
        }
    }
}
