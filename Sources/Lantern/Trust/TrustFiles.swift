import Glibc
import LanternTLS
import LanternTrust

/// The files that trust is read from, and what stands in for those that there are not.
struct TrustFiles: Sendable {
    var tls: TLSSettings
    var keysDirectory: String?
    var policyFile: String?
    var nextPolicyFile: String?
    /// Counts without a directory of keys.
    var keyring: Keyring
    /// Counts without a policy file.
    var policy: PolicyTable

    init(_ settings: Settings) {
        tls = settings.tls
        keysDirectory = settings.trust.keysDirectory
        policyFile = settings.trust.policyFile
        nextPolicyFile = settings.trust.nextPolicyFile
        keyring = settings.keyring
        policy = settings.policy
    }

    /// Reads everything. Whether it fits what is in force is for ``TrustCheck``.
    func load(after current: TrustEpoch) throws(TrustLoadError) -> LoadedTrust {
        let context: TLSContext
        do { context = try TLSContext.reread(tls) } catch { throw TrustLoadError(error) }
        return try loadPolicy(after: current, tls: context, keyring: try loadKeyring())
    }

    private func loadKeyring() throws(TrustLoadError) -> Keyring {
        guard let keysDirectory else { return keyring }
        do { return try Keyring(directory: keysDirectory) } catch {
            throw TrustLoadError(keysDirectory, error.detail, cause: error)
        }
    }

    private func loadPolicy(
        after current: TrustEpoch, tls: TLSContext, keyring: Keyring
    ) throws(TrustLoadError) -> LoadedTrust {
        guard let policyFile else {
            return LoadedTrust(tls: tls, keyring: keyring, policy: policy, policySource: nil)
        }
        do {
            let source = try PolicySource(path: policyFile, next: nextPolicyFile)
            if let source, source == current.policySource {
                return LoadedTrust(
                    tls: tls, keyring: keyring, policy: current.policy, policySource: source,
                    complaint: current.complaint)
            }
            let (policy, complaint) = try PolicySource.read(source, next: nextPolicyFile)
            return LoadedTrust(
                tls: tls, keyring: keyring, policy: policy, policySource: source, complaint: complaint)
        } catch {
            let detail = (error as? LanternError)?.detail ?? "\(error)"
            throw TrustLoadError(policyFile, detail, cause: error)
        }
    }

    // MARK: - What to look at

    private var places: TrustPlaces {
        TrustPlaces(
            tls: tls, keysDirectory: keysDirectory, policyFile: policyFile, nextPolicyFile: nextPolicyFile)
    }

    func stamp() -> TrustStamp { places.stamp }

    /// Where changes happen: a file that is renamed over another changes its directory, not itself.
    var directories: Set<String> { places.directories }

    /// The files as they are before they are read for the first time.
    static func stamp(tls: TLSSettings, _ trust: TrustSettings) -> TrustStamp {
        TrustPlaces(
            tls: tls, keysDirectory: trust.keysDirectory, policyFile: trust.policyFile,
            nextPolicyFile: trust.nextPolicyFile
        ).stamp
    }
}

/// The names of all files that count.
private struct TrustPlaces {
    let tls: TLSSettings
    let keysDirectory: String?
    let policyFile: String?
    let nextPolicyFile: String?

    private var files: [String] {
        [
            tls.certificateChainFile, tls.privateKeyFile, tls.trustRootsFile, tls.crlFile, policyFile,
            nextPolicyFile, tls.passwordSource?.path,
        ].compactMap(\.self)
    }

    /// Directories of which each file with such an end counts.
    private var collections: [(directory: String, suffix: String)] {
        var found: [(String, String)] = []
        if let directory = tls.crlDirectory { found.append((directory, ".pem")) }
        // A directory for each trust domain; those that are there now.
        found += tls.federatedRootsPlaces.map { ($0, ".pem") }
        if let keysDirectory {
            found += [(keysDirectory, ".key"), (keysDirectory + "/authorized", ".key")]
        }
        return found
    }

    var stamp: TrustStamp { TrustStamp(files: files, collections: collections) }

    var directories: Set<String> {
        let parents = files.map { path in
            let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            return parent.isEmpty ? "/" : parent
        }
        return Set(parents + collections.map(\.directory))
    }
}
