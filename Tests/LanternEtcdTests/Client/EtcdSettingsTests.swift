import LanternTesting
import Testing

@testable import LanternEtcd

struct EtcdSettingsTests {
    @Test("endpoints are hosts or addresses with a port")
    func endpoints() throws {
        #expect(try EtcdEndpoint("etcd.example:2379") == EtcdEndpoint(host: "etcd.example", port: 2379))
        #expect(try EtcdEndpoint("https://10.0.0.1:2379/") == EtcdEndpoint(host: "10.0.0.1", port: 2379))
        #expect(try EtcdEndpoint("[::1]:1") == EtcdEndpoint(host: "::1", port: 1))
        #expect(try EtcdEndpoint("[::1]:1").description == "[::1]:1")
    }

    @Test(
        "other texts are none, and there is no etcd without TLS",
        arguments: [
            "", "host", "host:", ":1", "host:0", "host:65536", "host:x", "::1:5", "http://host:2379",
            "a/b:1", "user@host:1", "https://host:1/path",
        ])
    func wrong(text: String) {
        let error = #expect(throws: EtcdError.self) { _ = try EtcdEndpoint(text) }
        #expect(error?.code == .badSetting)
    }

    @Test("without an endpoint there are no settings")
    func none() throws {
        let tls = try TestAuthority().issue().settings()
        #expect(throws: EtcdError.self) { _ = try EtcdSettings(endpoints: [], tls: tls) }
    }
}
