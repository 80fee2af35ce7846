public import LanternTLS

/// The files of one certificate that a ``TestAuthority`` issued.
public struct TestIdentity: Sendable {
    public let certificateFile: String
    public let keyFile: String
    /// The authority that issued it.
    public let rootsFile: String

    /// Settings for this identity.
    ///
    /// - Parameter roots: another file of trust roots than that of the own authority.
    public func settings(trusting roots: String? = nil) -> TLSSettings {
        TLSSettings(
            certificateChainFile: certificateFile, privateKeyFile: keyFile,
            trustRootsFile: roots ?? rootsFile)
    }
}
