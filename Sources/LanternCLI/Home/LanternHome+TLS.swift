import Lantern
import LanternTLS

extension LanternHome {
    /// The certificate files, without what `lantern.yaml` says about them.
    var tlsSettings: TLSSettings {
        var settings = TLSSettings(
            certificateChainFile: certificateFile, privateKeyFile: privateKeyFile,
            trustRootsFile: trustRootsFile)
        settings.federatedRootsDirectory = trustDirectory
        return settings
    }
}
