extension URIParser {
    /// One to five ASCII digits that make a usable port.
    static func strictPort(_ scalars: Scalars) -> Int? {
        let digits = scalars.allSatisfy { ("0"..."9").contains($0) }
        guard digits, (1...5).contains(scalars.count) else { return nil }
        let port = Int(text(scalars)) ?? 0
        return (1...65535).contains(port) ? port : nil
    }

    /// What Python's `int` makes of a text, as far as an `Int` holds it.
    static func pythonInteger(_ scalars: Scalars) -> Int? {
        var digits = scalars.drop(while: \.isPythonSpace)
        while digits.last?.isPythonSpace == true { digits = digits.dropLast() }
        let negative = digits.first == "-"
        if negative || digits.first == "+" { digits = digits.dropFirst() }
        var number = 0
        var afterDigit = false
        for scalar in digits {
            if scalar == "_", afterDigit {
                afterDigit = false
                continue
            }
            guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue else {
                return nil
            }
            let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = tenfold.addingReportingOverflow(Int(value))
            guard !overflow, !overflowToo else { return nil }
            number = sum
            afterDigit = true
        }
        guard afterDigit else { return nil }
        return negative ? -number : number
    }
}
