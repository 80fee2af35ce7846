/// Points in time as Python's `datetime.isoformat` writes them, in UTC.
enum DateText {
    /// 1970-01-01 as a proleptic Gregorian ordinal.
    static let ordinalOf1970: Int64 = 719_163

    /// `2020-01-02T03:04:05.000006+00:00`, without a fraction when there is none.
    /// - Returns: `nil` outside the years 1 to 9999.
    static func format(_ seconds: Double) -> String? {
        let micros = (seconds * 1e6).rounded(.toNearestOrEven)
        guard micros >= -62_135_596_800e6, micros < 253_402_300_800e6 else { return nil }
        let total = Int64(micros)
        let (days, ofDay) = total.flooredQuotient(86_400_000_000)
        let (year, month, day) = civil(days)
        let (second, fraction) = ofDay.flooredQuotient(1_000_000)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(date)T\(time)\(fraction == 0 ? "" : "." + padded(fraction, 6))+00:00"
    }

    /// Seconds since 1970 from `YYYY-MM-DD` with an optional `THH:MM[:SS[.fraction]]` and zone.
    static func parse(_ text: String) -> Double? {
        var rest = text.utf8[...]
        guard let year = digits(4, of: &rest), take("-", of: &rest), let month = digits(2, of: &rest),
            take("-", of: &rest), let day = digits(2, of: &rest), year >= 1,
            (1...12).contains(month), (1...daysIn(month, of: year)).contains(day)
        else { return nil }
        let midnight = Double(days(year, month, day)) * 86400
        if rest.isEmpty { return midnight }
        guard take("T", of: &rest) || take(" ", of: &rest), let clock = clock(&rest) else { return nil }
        guard let offset = zone(&rest), rest.isEmpty else { return nil }
        return midnight + clock - offset
    }

    private static func clock(_ rest: inout Substring.UTF8View) -> Double? {
        guard let hour = digits(2, of: &rest), take(":", of: &rest), let minute = digits(2, of: &rest),
            hour < 24, minute < 60
        else { return nil }
        var seconds = Double(hour * 3600 + minute * 60)
        guard take(":", of: &rest) else { return seconds }
        guard let second = digits(2, of: &rest), second < 60 else { return nil }
        seconds += Double(second)
        guard take(".", of: &rest) else { return seconds }
        let fraction = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard (1...9).contains(fraction.count), let value = Double("0." + String(Substring(fraction)))
        else { return nil }
        rest = rest.dropFirst(fraction.count)
        return seconds + value
    }

    /// Seconds east of UTC; none when no zone is given.
    private static func zone(_ rest: inout Substring.UTF8View) -> Double? {
        if rest.isEmpty || take("Z", of: &rest) { return 0 }
        let isWest = take("-", of: &rest)
        guard isWest || take("+", of: &rest), let hour = digits(2, of: &rest), hour < 24 else { return nil }
        _ = take(":", of: &rest)
        guard let minute = digits(2, of: &rest), minute < 60 else { return nil }
        return Double(hour * 3600 + minute * 60) * (isWest ? -1 : 1)
    }

    private static func take(_ character: Unicode.Scalar, of rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func digits(_ count: Int, of rest: inout Substring.UTF8View) -> Int64? {
        var number: Int64 = 0
        guard rest.count >= count else { return nil }
        for byte in rest.prefix(count) {
            guard (0x30...0x39).contains(byte) else { return nil }
            number = number * 10 + Int64(byte - 0x30)
        }
        rest = rest.dropFirst(count)
        return number
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        let next = month == 12 ? days(year + 1, 1, 1) : days(year, month + 1, 1)
        return next - days(year, month, 1)
    }

    /// Days since 1970-01-01. A year starts in March here, so that the leap day is its last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, ofEra) = shifted.flooredQuotient(400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredQuotient(146_097)
        let ofEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * ofEra + ofEra / 4 - ofEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (
            era * 400 + ofEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
        )
    }
}

extension Int64 {
    /// Quotient and remainder with the remainder never negative; the divisor is positive.
    fileprivate func flooredQuotient(_ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
