import COpenSSL
import Glibc

/// Seconds since 1970 as `2026-01-31T12:00:00Z`, for messages.
func utc(_ seconds: Int64) -> String {
    var time = time_t(clamping: seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s" }
    var text = [CChar](repeating: 0, count: 64)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
    return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Times for messages of the layers above.
package enum UTCTime {
    /// Seconds since 1970 as `2026-01-31T12:00:00Z`.
    package static func text(_ seconds: Int64) -> String { utc(seconds) }
}
