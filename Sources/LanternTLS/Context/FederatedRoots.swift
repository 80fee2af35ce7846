import COpenSSL
import Glibc
import LanternTrust

/// Which authorities may speak for which trust domain.
///
/// The roots of one's own domain are in the store of the context. Those of each other domain are a stack here, which
/// takes the store's place while a chain is verified whose leaf names that domain. So no authority can speak for
/// another's domain, whatever it signs.
///
/// Owns a `STACK_OF(X509) *` for each domain, given back in `deinit`. Sendable: nothing changes after `init`, and
/// OpenSSL counts the references of certificates atomically.
final class FederatedRoots: @unchecked Sendable {
    enum Refusal: Equatable {
        /// Nobody is trusted to speak for the leaf's domain.
        case unknownDomain(String)
        /// An authority of another domain of ours signed the leaf.
        case foreignAuthority(of: String, claiming: String)
    }

    static let maximumDomains = 256
    static let maximumFiles = 64

    private let settings: TLSSettings
    /// The trust domain of our own certificate; nil where identities are DNS names, and domains do not count.
    private let own: String?
    private let stacks: [String: OpaquePointer]

    /// - Throws: ``TLSError`` that names the file or directory.
    init(settings: TLSSettings, own identity: PeerIdentity?) throws(TLSError) {
        self.settings = settings
        if case .spiffe(let id)? = identity?.kind { own = id.trustDomain } else { own = nil }
        let places = try Self.places(settings)
        if let place = places.first, own == nil {
            throw TLSError(
                .badSetting, "roots of other trust domains need SPIFFE IDs; identities here are DNS names",
                hint: place.directory)
        }
        var stacks: [String: OpaquePointer] = [:]
        do throws(TLSError) {
            for place in places {
                guard place.domain != own else {
                    throw TLSError(
                        .badSetting,
                        "the roots of one's own trust domain belong into \(settings.trustRootsFile)",
                        hint: place.directory)
                }
                stacks[place.domain] = try Self.load(place.directory)
            }
        } catch {
            for stack in stacks.values { lantern_X509_stack_free(stack) }
            throw error
        }
        self.stacks = stacks
    }

    deinit { for stack in stacks.values { lantern_X509_stack_free(stack) } }

    /// The trust domains whose peers are accepted, our own first.
    var domains: [String] { (own.map { [$0] } ?? []) + stacks.keys.sorted() }

    /// Where the roots of a domain are, or belong.
    func place(of domain: String) -> String {
        guard domain != own, let directory = settings.federatedRootsDirectory else {
            return settings.trustRootsFile
        }
        return "\(directory)/\(domain)/"
    }

    // MARK: - Choosing

    /// Makes the chain end at a root of the leaf's trust domain. Before `X509_verify_cert`.
    ///
    /// A leaf without a readable SPIFFE ID is held against our own roots, and refused for it afterwards.
    func choose(for store: OpaquePointer) -> Refusal? {
        guard let leaf = X509_STORE_CTX_get0_cert(store) else { return nil }
        return choose(for: leaf, in: store)
    }

    func choose(for leaf: OpaquePointer, in store: OpaquePointer) -> Refusal? {
        guard let own, let domain = Certificate(retaining: leaf).claimedTrustDomain, domain != own else {
            return nil
        }
        guard let stack = stacks[domain] else { return .unknownDomain(domain) }
        X509_STORE_CTX_set0_trusted_stack(store, stack)
        return nil
    }

    /// The domain whose authority signed a leaf that its own domain's authorities did not; nil for a stranger.
    func authority(of failed: OpaquePointer) -> Refusal? {
        guard let own, let leaf = X509_STORE_CTX_get0_cert(failed),
            let claimed = Certificate(retaining: leaf).claimedTrustDomain
        else { return nil }
        let others = X509_STORE_CTX_get0_untrusted(failed)
        for domain in domains where domain != claimed {
            guard let store = X509_STORE_CTX_get0_store(failed), let attempt = X509_STORE_CTX_new() else {
                return nil
            }
            defer {
                X509_STORE_CTX_free(attempt)
                OpenSSLQueue.clear()
            }
            guard X509_STORE_CTX_init(attempt, store, leaf, others) == 1 else { return nil }
            if domain != own { X509_STORE_CTX_set0_trusted_stack(attempt, stacks[domain]) }
            if X509_verify_cert(attempt) == 1 { return .foreignAuthority(of: domain, claiming: claimed) }
        }
        return nil
    }

    // MARK: - Reading

    fileprivate struct Place {
        let domain: String
        let directory: String
    }

    /// Beside the domains: revocation lists.
    private static let otherDirectories: Set<String> = ["crls"]

    fileprivate static func places(_ settings: TLSSettings) throws(TLSError) -> [Place] {
        guard let directory = settings.federatedRootsDirectory else { return [] }
        var places: [Place] = []
        for name in try entries(of: directory, mayBeMissing: true)
        where !name.hasPrefix(".") && !otherDirectories.contains(name) {
            let path = "\(directory)/\(name)"
            guard isDirectory(path) else { continue }
            do { _ = try SPIFFEID(trustDomain: name) } catch {
                throw TLSError(
                    .badSetting, "the directory is named after no trust domain: \(error.detail)", hint: path)
            }
            places.append(Place(domain: name, directory: path))
            guard places.count <= maximumDomains else {
                throw TLSError(
                    .badSetting, "there are more than \(maximumDomains) trust domains", hint: directory)
            }
        }
        return places.sorted { $0.domain < $1.domain }
    }

    private static func load(_ directory: String) throws(TLSError) -> OpaquePointer {
        let files = try entries(of: directory, mayBeMissing: false)
            .filter { $0.hasSuffix(".pem") && !$0.hasPrefix(".") }.sorted()
        guard !files.isEmpty else {
            throw TLSError(
                .badFile,
                "the directory of a trust domain holds no roots (*.pem): nobody of it could be believed",
                hint: directory)
        }
        guard files.count <= maximumFiles else {
            throw TLSError(.badFile, "there are more than \(maximumFiles) files of roots", hint: directory)
        }
        guard let stack = lantern_X509_stack_new() else {
            throw TLSError(.internalError, "no memory", hint: directory)
        }
        do throws(TLSError) {
            for name in files { try append("\(directory)/\(name)", to: stack) }
        } catch {
            lantern_X509_stack_free(stack)
            throw error
        }
        return stack
    }

    private static func append(_ path: String, to stack: OpaquePointer) throws(TLSError) {
        let bytes = try PlainFile.read(path, as: "file of trust roots")
        guard let bio = MemoryBIO(reading: bytes) else {
            throw TLSError(.internalError, "no memory", hint: path)
        }
        OpenSSLQueue.clear()
        var count = 0
        while let x509 = PEM_read_bio_X509(bio.pointer, nil, nil, nil) {
            guard X509_check_ca(x509) != 0 else {
                X509_free(x509)
                throw TLSError(
                    .badFile, "a certificate in the file of trust roots is no authority's", hint: path)
            }
            guard lantern_X509_stack_push(stack, x509) > 0 else {
                X509_free(x509)
                throw TLSError(.internalError, "no memory", hint: path)
            }
            count += 1
        }
        // "No start line" is how the end of the file reads; anything else is damage.
        let rest = OpenSSLQueue.drain()
        let endedCleanly = rest.entries.allSatisfy {
            $0.library == ERR_LIB_PEM && $0.reason == PEM_R_NO_START_LINE
        }
        guard count > 0, endedCleanly else {
            throw TLSError(.badFile, "the file of trust roots is damaged or empty (\(rest.text))", hint: path)
        }
    }

    private static func entries(of directory: String, mayBeMissing: Bool) throws(TLSError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT, mayBeMissing { return [] }
            throw PlainFile.unreadable("directory of trust roots", directory, errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }

    private static func isDirectory(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }
}

extension TLSContext {
    /// The trust domains whose peers are accepted, our own first; empty where identities are DNS names.
    package var trustDomains: [String] { federation.domains }
}

extension TLSSettings {
    /// The directories with roots of other trust domains; those that cannot be read are left out.
    package var federatedRootsPlaces: [String] {
        ((try? FederatedRoots.places(self)) ?? []).map(\.directory)
    }
}
