/// A moment as key files have it: `2026-11-23T19:03:00Z`, always UTC, whole seconds, years 1970 to 9999.
package enum Timestamp {
    private static let secondsPerDay: Int64 = 86_400
    private static let form = Array("dddd-dd-ddTdd:dd:ddZ".utf8)

    /// Reads the one form; nil for any other, and for a day or an hour that does not exist.
    ///
    /// - Returns: seconds since 1970.
    package static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == form.count else { return nil }
        for (byte, wanted) in zip(bytes, form) {
            guard wanted == UInt8(ascii: "d") ? byte.isDigit : byte == wanted else { return nil }
        }
        let number = { (range: Range<Int>) in bytes[range].reduce(Int64(0)) { $0 * 10 + Int64($1 & 15) } }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1970, (1...12).contains(month), hour < 24, minute < 60, second < 60 else { return nil }
        let days = days(year, month, day)
        let next = month == 12 ? Self.days(year + 1, 1, 1) : Self.days(year, month + 1, 1)
        guard day >= 1, days < next else { return nil }
        return days * secondsPerDay + hour * 3600 + minute * 60 + second
    }

    /// Writes what ``seconds(_:)`` reads; moments outside of its years are shown as the nearest inside.
    package static func text(_ seconds: Int64) -> String {
        let seconds = min(max(seconds, 0), days(10_000, 1, 1) * secondsPerDay - 1)
        let (day, rest) = seconds.quotientAndRemainder(dividingBy: secondsPerDay)
        var year = 1970 + day / 366
        while days(year + 1, 1, 1) <= day { year += 1 }
        var month: Int64 = 1
        while month < 12, days(year, month + 1, 1) <= day { month += 1 }
        let two = { (number: Int64) in (number < 10 ? "0" : "") + String(number) }
        return "\(year)-\(two(month))-\(two(day - days(year, month, 1) + 1))"
            + "T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let before: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        let past = year - 1
        let leapDays = past / 4 - past / 100 + past / 400 - 477
        let inYear = before[Int(month - 1)] + (isLeap && month > 2 ? 1 : 0) + day - 1
        return (year - 1970) * 365 + leapDays + inYear
    }
}
