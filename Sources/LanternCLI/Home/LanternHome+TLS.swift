import Lantern
import LanternTLS

extension LanternHome {
    /// The certificate files, without what `lantern.yaml` says about them.
    var tlsSettings: TLSSettings {
        TLSSettings(
            certificateChainFile: certificateFile, privateKeyFile: privateKeyFile,
            trustRootsFile: trustRootsFile)
    }
}
