import LanternTLS
package import LanternTrust

extension ChannelFacts {
    /// The channel binding for this connection: both ends being Lantern, the server accepts nothing less.
    package var bestBinding: ChannelBinding {
        applicationProtocol == ApplicationProtocol.lantern ? .tlsExporter : .certificates
    }
}
