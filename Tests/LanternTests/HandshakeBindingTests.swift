import Lantern
import LanternTrust
import Testing

struct HandshakeBindingTests {
    @Test(
        "Lantern peers bind the handshake to the TLS connection itself",
        arguments: HandshakeAlgorithm.allCases)
    func exporterBetweenLanternPeers(algorithm: HandshakeAlgorithm) async throws {
        let loopback = try await Loopback(algorithm: algorithm)
        let proxy = try loopback.client.remoteProxy(loopback.uri)
        let peer = try await proxy.peer()
        #expect(peer.binding == .tlsExporter)
        #expect(peer.algorithm == algorithm)
        #expect(peer.identity.description == "spiffe://lantern.test/server")
        await loopback.close()
    }
}
