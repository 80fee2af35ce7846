/// Classes and what follows a backslash.
extension RegexParser {
    private enum Meaning {
        case scalar(Unicode.Scalar)
        case item(RegexSet.Item)
        case assertion(RegexAssertion)
    }

    mutating func parseEscape() throws(NamingError) -> RegexNode {
        switch try parseEscapeMeaning(inClass: false) {
        case .scalar(let scalar): .set(literal(scalar))
        case .item(let item): .set(RegexSet(items: [item]))
        case .assertion(let assertion): .assertion(assertion)
        }
    }

    mutating func parseClass() throws(NamingError) -> RegexSet {
        let start = position
        position += 1
        var set = RegexSet(items: [], isNegated: take("^"), ignoresCase: flags.ignoresCase)
        let first = position
        while true {
            guard next != nil else { throw fault("unterminated character set", at: start) }
            if position > first, take("]") { return set }
            let place = position
            let low = try parseMember(of: start)
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set.items.append(item(low))
                continue
            }
            position += 1
            let high = try parseMember(of: start)
            guard case .scalar(let from) = low, case .scalar(let to) = high, from <= to else {
                let text = String(String.UnicodeScalarView(scalars[place..<position]))
                throw fault("bad character range \(text)", at: place)
            }
            set.items.append(.range(from.value, to.value))
        }
    }

    private func item(_ meaning: Meaning) -> RegexSet.Item {
        switch meaning {
        case .scalar(let scalar): .range(scalar.value, scalar.value)
        case .item(let item): item
        case .assertion: .range(8, 8)
        }
    }

    private mutating func parseMember(of start: Int) throws(NamingError) -> Meaning {
        guard let scalar = next else { throw fault("unterminated character set", at: start) }
        if scalar == "\\" { return try parseEscapeMeaning(inClass: true) }
        position += 1
        return .scalar(scalar)
    }

    private mutating func parseEscapeMeaning(inClass: Bool) throws(NamingError) -> Meaning {
        let start = position
        position += 1
        guard let scalar = next else { throw fault("bad escape (end of pattern)", at: start) }
        position += 1
        switch scalar {
        case "d": return .item(.digit)
        case "D": return .item(.notDigit)
        case "s": return .item(.space)
        case "S": return .item(.notSpace)
        case "w": return .item(.word)
        case "W": return .item(.notWord)
        case "a": return .scalar("\u{07}")
        case "f": return .scalar("\u{0C}")
        case "n": return .scalar("\n")
        case "r": return .scalar("\r")
        case "t": return .scalar("\t")
        case "v": return .scalar("\u{0B}")
        case "b" where inClass: return .scalar("\u{08}")
        case "b": return .assertion(.wordBoundary)
        case "B" where !inClass: return .assertion(.notWordBoundary)
        case "A" where !inClass: return .assertion(.start)
        case "Z" where !inClass: return .assertion(.veryEnd)
        case "x": return .scalar(try parseHexadecimal(digits: 2, from: start))
        case "u": return .scalar(try parseHexadecimal(digits: 4, from: start))
        case "U": return .scalar(try parseHexadecimal(digits: 8, from: start))
        case "0"..."9": return .scalar(try parseOctal(scalar, inClass: inClass, from: start))
        case "a"..."z", "A"..."Z": throw fault("bad escape \\\(scalar)", at: start)
        default: return .scalar(scalar)
        }
    }

    private mutating func parseHexadecimal(digits: Int, from start: Int) throws(NamingError) -> Unicode.Scalar
    {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = next.flatMap({ Character($0).hexDigitValue }), next?.isASCII == true else {
                let text = String(String.UnicodeScalarView(scalars[start..<position]))
                throw fault("incomplete escape \(text)", at: start)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault("no such code point", at: start) }
        return scalar
    }

    /// `\0`, `\0N`, `\0NN`, `\NNN`, and in a class any octal; everything else would be a backreference.
    private mutating func parseOctal(
        _ first: Unicode.Scalar, inClass: Bool, from start: Int
    ) throws(NamingError) -> Unicode.Scalar {
        var digits = [first]
        while digits.count < 3, let scalar = next, "0"..."7" ~= scalar {
            digits.append(scalar)
            position += 1
        }
        let isOctal = digits.allSatisfy { "0"..."7" ~= $0 } && (first == "0" || inClass || digits.count == 3)
        guard isOctal else {
            if inClass { throw fault("bad escape \\\(first)", at: start) }
            throw notLinear("a backreference", at: start)
        }
        let value = digits.reduce(UInt32(0)) { $0 * 8 + $1.value - 48 }
        guard value <= 0o377, let scalar = Unicode.Scalar(value) else {
            throw fault("octal escape value outside of range 0-0o377", at: start)
        }
        return scalar
    }
}
