import Lantern

/// The arguments of a call, read from the command line.
struct CallArguments {
    let positional: [Value]
    let keywords: [(String, Value)]

    /// - Throws: ``CommandFailure`` that names the argument which is wrong.
    init(positional: [String], keywords: [String]) throws {
        self.positional = try positional.enumerated().map { index, text in
            try JSONForm.value(text, what: "argument \(index + 1)")
        }
        self.keywords = try keywords.map { text in
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw CommandFailure(.usage, "--keyword \(text.prefix(80)): write it as name=JSON")
            }
            let name = String(text[..<equals])
            let value = String(text[text.index(after: equals)...])
            return (name, try JSONForm.value(value, what: "keyword \(name)"))
        }
    }
}
