public import LanternTrust
import Yams

/// Reads `policy.yaml`: who may call what.
///
/// ```yaml
/// version: 1
/// rules:
///   - allow: ["spiffe://lantern.test/client/*"]
///     objects: ["example.warehouse"]
///     methods: ["list", "store"]
/// ```
///
/// Version 2 adds groups, roles, requirements, audit levels and quotas: see `docs/policy.md`.
public enum PolicyFile {
    /// - Throws: ``LanternError/Code/configuration``, one line `file:line: what is wrong` for each mistake, also when
    ///   there is no file: a daemon without a policy would answer nobody.
    public static func read(_ path: String) throws -> PolicyTable { try examine(path).table() }

    /// The same from a text; `path` stands in errors.
    public static func parse(_ text: String, path: String) throws -> PolicyTable {
        try examine(text, path: path).table()
    }

    /// Reads a file and finds every mistake in it, for whoever keeps the last good policy when there is one.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when the file cannot be read at all.
    public static func examine(_ path: String) throws -> PolicyReading {
        guard let text = try TextFile.read(path) else {
            throw LanternError(
                .configuration, "\(path): there is no policy file; `lantern init` writes a first one")
        }
        return examine(text, path: path)
    }

    /// The same from a text.
    public static func examine(_ text: String, path: String) -> PolicyReading {
        var reader = PolicyReader(path: path)
        return reader.read(text)
    }
}
