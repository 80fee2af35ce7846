import LanternTrust
import Testing

struct SPIFFEIDTests {
    @Test(
        "identities by the specification are read and written back",
        arguments: [
            "spiffe://lantern.test/client", "spiffe://lantern.test", "spiffe://a/B/c.d-e_f/0",
            "spiffe://a_b-c.d1/x", "spiffe://lantern.test/...", "spiffe://1.2.3.4/service",
            "spiffe://\(String(repeating: "a", count: 255))/p",
            "spiffe://td/\(String(repeating: "p", count: 2048 - 12))",
        ])
    func accepted(text: String) throws {
        let id = try SPIFFEID(text)
        #expect(id.description == text)
        #expect(try PeerIdentity(text).description == text)
        #expect("spiffe://\(id.trustDomain)\(id.path)" == text)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "spiffe:", "spiffe://", "spiffe:///path", "SPIFFE://td/p", "Spiffe://td/p", "http://td/p",
            "spiffe:/td/p", "//td/p", "spiffe://TD/p", "spiffe://td:443/p", "spiffe://user@td/p", "spiffe://td/",
            "spiffe://td/p/", "spiffe://td//p", "spiffe://td/./p", "spiffe://td/..", "spiffe://td/p/../q",
            "spiffe://td/p?q", "spiffe://td/p#f", "spiffe://td?q", "spiffe://td#f", "spiffe://td/%41",
            "spiffe://t%64/p", "spiffe://td/p q", " spiffe://td/p", "spiffe://td/p ", "spiffe://td/p\n",
            "spiffe://td/p\u{0}", "spiffe://tä/p", "spiffe://td/ä", "spiffe://td/a+b", "spiffe://td/a~b",
            "spiffe://td/*", "spiffe://[::1]/p", "spiffe://td/p\\q", "spiffe://t d/p", "spiffe://te\u{301}/p",
            "spiffe://\(String(repeating: "a", count: 256))/p",
            "spiffe://td/\(String(repeating: "p", count: 2048 - 11))",
        ])
    func refused(text: String) {
        let error = #expect(throws: TrustError.self) { try SPIFFEID(text) }
        #expect(error?.code == .badIdentity)
    }
}
