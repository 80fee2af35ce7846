import LanternWire

/// What became of names that were taken over from elsewhere.
public struct ImportReport: Sendable, Hashable {
    public var taken = 0
    /// Those that were there and stayed as they were.
    public var kept = 0
    /// One line for each that cannot be a name here.
    public var refused: [String] = []
}

extension SQLiteNameStore {
    /// One line for each entry that ``take(_:owner:replacing:limits:progress:)`` would refuse.
    public static func refusals(_ entries: [NameEntry], limits: NameLimits = .init()) -> [String] {
        entries.compactMap { entry in problem(with: entry, limits).map { refusal(entry, $0) } }
    }

    /// Takes over entries, in steps of a thousand.
    ///
    /// - Parameters:
    ///   - owner: whom they belong to from here on; nil leaves them to nobody.
    ///   - replacing: also those that are there.
    ///   - progress: is told how many are done.
    public func take(
        _ entries: [NameEntry], owner: String?, replacing: Bool, limits: NameLimits = .init(),
        progress: (Int) -> Void = { _ in }
    ) async throws -> ImportReport {
        var report = ImportReport()
        var rest = entries[...]
        while !rest.isEmpty {
            let part = rest.prefix(StoreSteps.removals)
            rest = rest.dropFirst(part.count)
            var good: [NameEntry] = []
            for entry in part {
                if let problem = Self.problem(with: entry, limits) {
                    report.refused.append(Self.refusal(entry, problem))
                } else {
                    good.append(
                        NameEntry(name: entry.name, uri: entry.uri, metadata: entry.metadata, owner: owner))
                }
            }
            let changed = good
            let commit = try await update(changed.map(\.name), holding: nil) { existing in
                zip(changed, existing).map { $1 == nil || replacing ? .put($0) : .keep }
            }
            let there = commit.before.count { $0 != nil }
            report.kept += replacing ? 0 : there
            report.taken += replacing ? changed.count : changed.count - there
            progress(entries.count - rest.count)
        }
        return report
    }

    private static func refusal(_ entry: NameEntry, _ problem: String) -> String {
        "\(entry.name.prefix(200)): \(problem)"
    }

    private static func problem(with entry: NameEntry, _ limits: NameLimits) -> String? {
        if entry.name.utf8.count > limits.name { return "the name is longer than \(limits.name) bytes" }
        if entry.uri.utf8.count > limits.uri { return "the uri is longer than \(limits.uri) bytes" }
        if (try? PyroURI(entry.uri)) == nil { return "invalid uri" }
        if entry.metadata.count > limits.tags { return "more than \(limits.tags) tags" }
        if entry.metadata.contains(where: { $0.utf8.count > limits.tag }) {
            return "a tag is longer than \(limits.tag) bytes"
        }
        return nil
    }
}
