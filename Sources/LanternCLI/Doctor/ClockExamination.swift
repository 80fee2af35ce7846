import Glibc
import Lantern
import LanternTLS

/// Whether this host's clock can be right.
struct ClockExamination {
    let home: LanternHome
    let now: Int64

    /// A certificate that begins later than this was made by somebody whose clock is ahead, or ours is behind.
    static let tolerance: Int64 = 300

    func findings() -> [DoctorFinding] {
        var found: [DoctorFinding] = []
        if let latest = latestBeginning, latest.seconds > now + Self.tolerance {
            found.append(
                .wrong(
                    "clock-behind", "clock",
                    "this host's clock says \(Dates.text(now)), but \(latest.file) was made at "
                        + "\(Dates.text(latest.seconds))", file: latest.file,
                    do: "set the clock (timedatectl), or look at the clock of whoever made it"))
        }
        if found.isEmpty { found.append(.ok("clock", "\(Dates.text(now)), \(synchronisation)")) }
        return found
    }

    /// The file of the home that begins last: its own certificate and revocation lists.
    private var latestBeginning: (file: String, seconds: Int64)? {
        var all: [(file: String, seconds: Int64)] = []
        if let leaf = (try? CertificateFacts.read(home.certificateFile))?.first {
            all.append((home.certificateFile, leaf.notBefore))
        }
        for list in (try? RevocationListFacts.read(home.crlFile)) ?? [] {
            all.append((home.crlFile, list.thisUpdate))
        }
        return all.max { $0.seconds < $1.seconds }
    }

    /// What systemd-timesyncd knows; other time services leave no such mark.
    private var synchronisation: String {
        access("/run/systemd/timesync/synchronized", F_OK) == 0
            ? "which follows a time server" : "unknown whether it follows a time server"
    }
}

/// Times for people.
enum Dates {
    static func text(_ seconds: Int64) -> String {
        var time = time_t(clamping: seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s" }
        var text = [CChar](repeating: 0, count: 64)
        let length = strftime(&text, text.count, "%Y-%m-%d %H:%M UTC", &parts)
        return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// How much time is left or gone, in the unit that fits.
    static func span(_ seconds: Int64) -> String {
        let size = seconds.magnitude
        if size >= 2 * 86_400 { return "\(size / 86_400) days" }
        if size >= 2 * 3_600 { return "\(size / 3_600) hours" }
        return "\(size / 60) minutes"
    }
}
