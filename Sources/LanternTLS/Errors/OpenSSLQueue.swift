import COpenSSL

/// What OpenSSL left in this thread's error queue: taken out, oldest first.
struct OpenSSLQueue {
    struct Entry {
        let code: UInt
        var library: Int32 { lantern_ERR_library(code) }
        var reason: Int32 { lantern_ERR_reason(code) }

        var text: String {
            var buffer = [CChar](repeating: 0, count: 256)
            ERR_error_string_n(code, &buffer, buffer.count)
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    let entries: [Entry]

    /// Looking is much cheaper than clearing, and there is nearly always nothing.
    static func clear() {
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    /// Empties the queue.
    static func drain() -> Self {
        var entries: [Entry] = []
        while entries.count < 16 {
            let code = ERR_get_error()
            if code == 0 { break }
            entries.append(Entry(code: code))
        }
        ERR_clear_error()
        return Self(entries: entries)
    }

    /// The first entry that the TLS part made.
    var firstOfTLS: Entry? { entries.first { $0.library == ERR_LIB_SSL } }

    /// One line for a detail; the last entries are the outermost ones.
    var text: String {
        entries.isEmpty ? "OpenSSL gave no reason" : entries.suffix(2).map(\.text).joined(separator: "; ")
    }
}
