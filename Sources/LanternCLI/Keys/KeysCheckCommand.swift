import ArgumentParser
import Glibc
import Lantern
import LanternTrust

/// `lantern keys check`: looks at each key file by itself.
struct KeysCheckCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read every key file and say what is wrong, with file and line.",
        discussion: """
            Exit status 78 when something is wrong: a file that is refused, two keys
            with one id, an own key that may not be used now, nobody to believe.
            What will be wrong soon is told as a warning.

              lantern keys check --home ns-home --warn-days 30
            """)

    @OptionGroup var home: HomeOptions
    @Option(help: "Warn so many days before a key expires.")
    var warnDays = 30
    @Flag(help: "One JSON list of objects with file, state and text.")
    var json = false
    @OptionGroup var logging: LogOptions

    private enum State: String {
        case ok, warning, wrong
    }

    private struct Finding {
        let file: String
        let state: State
        let text: String

        var line: String { "\(state.rawValue.padded(to: 7))  \(file): \(Shown.text(text))" }

        var value: Value {
            .map([
                ValuePair("file", .text(file)), ValuePair("state", .text(state.rawValue)),
                ValuePair("text", .text(text)),
            ])
        }
    }

    func perform() async throws {
        let findings = findings(of: try home.chosen().keys)
        if json {
            Output.line(try JSONForm.text(.list(findings.map(\.value))))
        } else {
            for finding in findings { Output.line(finding.line) }
        }
        if findings.contains(where: { $0.state == .wrong }) {
            throw ExitCode(ExitStatus.configuration.rawValue)
        }
    }

    private func findings(of keys: KeyDirectory) -> [Finding] {
        var findings = [finding(keys.own) { try Key(HandshakeKey(contentsOf: keys.own)) }]
        for file in [keys.next, keys.previous] where access(file, F_OK) == 0 {
            findings.append(finding(file) { try Key(HandshakeKey(contentsOf: file)) })
        }
        let files: [String]
        do {
            files = try keys.authorizedFiles()
        } catch {
            return findings + [Finding(file: keys.authorized, state: .wrong, text: error.detail)]
        }
        if files.isEmpty {
            findings.append(
                Finding(
                    file: keys.authorized, state: .wrong,
                    text: "no peer's key is authorised, so nobody can connect"))
        }
        for file in files { findings.append(finding(file) { try Key(AuthorizedKey(contentsOf: file)) }) }
        // What is wrong with the files together.
        if !findings.contains(where: { $0.state == .wrong }) {
            do throws(TrustError) {
                _ = try Keyring(directory: keys.path)
            } catch {
                findings.append(Finding(file: keys.path, state: .wrong, text: error.detail))
            }
        }
        return findings
    }

    private struct Key {
        let text: String
        let validity: KeyValidity
        let isOwn: Bool

        init(_ key: HandshakeKey) {
            text = "'\(key.id)', \(key.algorithm.rawValue)"
            validity = key.validity
            isOwn = true
        }

        init(_ key: AuthorizedKey) {
            text = "'\(key.id)', \(key.algorithm.rawValue), for \(key.identities.joined(separator: ", "))"
            validity = key.validity
            isOwn = false
        }
    }

    private func finding(_ file: String, _ read: () throws -> Key) -> Finding {
        do {
            let key = try read()
            let now = Int64(time(nil))
            let end = key.validity.notAfter.map(Timestamp.text) ?? ""
            switch key.validity.standing(at: now * 1000) {
            case .over:
                return Finding(
                    file: file, state: key.isOwn ? .wrong : .warning, text: "\(key.text), expired at \(end)")
            case .notYet:
                let begin = key.validity.notBefore.map(Timestamp.text) ?? ""
                return Finding(
                    file: file, state: .warning, text: "\(key.text), not valid before \(begin)")
            case .current:
                let left = (key.validity.notAfter ?? .max) - now
                let isNear = left / 86_400 < warnDays
                return Finding(
                    file: file, state: isNear ? .warning : .ok,
                    text: isNear ? "\(key.text), expires at \(end)" : key.text)
            }
        } catch {
            return Finding(file: file, state: .wrong, text: ErrorText.text(of: error))
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 0))
    }
}
