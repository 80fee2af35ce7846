/// Names in order, in short runs, so that adding one to a million moves only hundreds.
struct SortedNames: Sendable {
    private static let maximumRun = 512

    /// None is empty.
    private var runs: [[ExactText]] = []

    mutating func insert(_ name: ExactText) {
        guard !runs.isEmpty else {
            runs = [[name]]
            return
        }
        let run = max(0, Self.partition(runs) { $0[0] <= name } - 1)
        let place = Self.partition(runs[run]) { $0 < name }
        guard place == runs[run].count || runs[run][place] != name else { return }
        runs[run].insert(name, at: place)
        guard runs[run].count > Self.maximumRun else { return }
        let half = Array(runs[run][(Self.maximumRun / 2)...])
        runs[run].removeSubrange((Self.maximumRun / 2)...)
        runs.insert(half, at: run + 1)
    }

    mutating func remove(_ name: ExactText) {
        let run = Self.partition(runs) { $0[0] <= name } - 1
        guard run >= 0 else { return }
        let place = Self.partition(runs[run]) { $0 < name }
        guard place < runs[run].count, runs[run][place] == name else { return }
        runs[run].remove(at: place)
        if runs[run].isEmpty { runs.remove(at: run) }
    }

    /// Hands over the names that start with a prefix, in order, until `body` returns `false`.
    func forEach(withPrefix prefix: ExactText, _ body: (ExactText) throws -> Bool) rethrows {
        var run = max(0, Self.partition(runs) { $0[0] < prefix } - 1)
        guard run < runs.count else { return }
        var place = Self.partition(runs[run]) { $0 < prefix }
        while run < runs.count {
            while place < runs[run].count {
                guard runs[run][place].hasPrefix(prefix), try body(runs[run][place]) else { return }
                place += 1
            }
            run += 1
            place = 0
        }
    }

    /// The index of the first element for which `isBefore` is false.
    private static func partition<Element>(_ row: [Element], where isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = row.count
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(row[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
