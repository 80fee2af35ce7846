import Glibc
import LanternTLS
import LanternTrust
import Logging

extension Settings {
    /// Reads everything from a lantern home: the given one, else the one that `LANTERN_HOME` names.
    ///
    /// A program that only calls others needs no policy file; a daemon without one serves nobody.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with file, line and what to do.
    public static func load(home path: String? = nil) throws -> Settings {
        let environment = ProcessEnvironment.current
        return try load(LanternHome(path, environment: environment), environment: environment)
    }

    /// Reads everything from this lantern home.
    public static func load(_ home: LanternHome) throws -> Settings {
        try load(home, environment: ProcessEnvironment.current)
    }

    package static func load(_ home: LanternHome, environment: [String: String]) throws -> Settings {
        let isThere = { (path: String) in access(path, F_OK) == 0 }
        guard isThere(home.path) else {
            throw LanternError(
                .configuration,
                "\(home.path): there is no such lantern home; `lantern init \(home.path)` makes one")
        }
        var tls = TLSSettings(
            certificateChainFile: home.certificateFile, privateKeyFile: home.privateKeyFile,
            trustRootsFile: home.trustRootsFile, crlFile: home.crlFile, crlDirectory: home.crlDirectory,
            revocation: .whenPresent)
        tls.federatedRootsDirectory = home.trustDirectory
        var trust = TrustSettings()
        trust.isWatching = true
        trust.keysDirectory = home.keysDirectory
        trust.policyFile = home.policyFile
        trust.nextPolicyFile = home.nextPolicyFile
        // Before anything is read: what changes from here on is found.
        trust.stamp = TrustFiles.stamp(tls: tls, trust)
        let keyring: Keyring
        do {
            keyring = try Keyring(directory: home.keysDirectory)
        } catch {
            throw LanternError(.configuration, error.detail, cause: error)
        }
        trust.policySource = try PolicySource(path: home.policyFile, next: home.nextPolicyFile)
        let (policy, complaint) = try PolicySource.read(trust.policySource, next: home.nextPolicyFile)
        var settings = Settings(tls: tls, keyring: keyring, policy: policy)
        settings.trust = trust
        settings.auditPlace = AuditPlace(directory: home.auditDirectory, keyFile: home.auditKeyFile)
        settings.seenCheckpoints = CheckpointMemory(directory: home.auditDirectory + "/seen")
        if let complaint { settings.complaints.append(complaint) }
        settings.keyUse = KeyUse(path: home.keyUseFile) { error in
            Logger(label: "lantern.keys").warning(
                "last use of keys not noted down", metadata: ["reason": "\(error)"])
        }
        if let text = try TextFile.read(home.settingsFile) {
            try SettingsFile.apply(text, path: home.settingsFile, to: &settings)
        }
        try settings.takeNameServer(from: environment)
        return settings
    }

    /// The policy of a home with the rules that are tried beside it, if there are any; whoever follows the files calls it
    /// again.
    ///
    /// - Returns: also what is wrong with `policy-next.yaml`: it is then passed over, since it decides nothing.
    /// - Throws: ``LanternError/Code/configuration`` about `policy.yaml`.
    package static func loadPolicy(_ home: LanternHome) throws -> (policy: PolicyTable, complaint: String?) {
        let isThere = access(home.policyFile, F_OK) == 0
        let policy = isThere ? try PolicyFile.read(home.policyFile) : try PolicyTable(rules: [])
        return try trying(home.nextPolicyFile, beside: policy)
    }

    /// The same for a policy that was read already.
    package static func trying(
        _ nextFile: String, beside policy: PolicyTable
    ) throws -> (policy: PolicyTable, complaint: String?) {
        guard access(nextFile, F_OK) == 0 else { return (policy, nil) }
        do {
            return (try policy.trying(PolicyFile.read(nextFile)), nil)
        } catch {
            return (policy, (error as? LanternError)?.detail ?? "\(error)")
        }
    }
}

/// The environment of this process.
enum ProcessEnvironment {
    /// Only what chooses the home and says where a name server may be: nothing in the environment can loosen a
    /// setting.
    static var current: [String: String] {
        var found: [String: String] = [:]
        for name in ["LANTERN_HOME", NameServerLocator.environmentVariable] {
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
        return found
    }
}
