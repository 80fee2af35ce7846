import NIOCore
import Testing

@testable import LanternWire

/// Peers that speak something else.
struct NotPyroTests {
    @Test(
        "the detail says what the peer seems to speak",
        arguments: [
            ("GET / HTTP/1.1\r\n", "HTTP request"), ("POST /x HTTP/1.1\r\n", "HTTP request"),
            ("PRI * HTTP/2.0\r\n", "HTTP request"), ("HTTP/1.1 400 Bad Request\r\n", "HTTP response"),
            ("SSH-2.0-OpenSSH", "text"), ("{\"a\": 1}", "text"), ("\r\n\r\n", "text"),
        ])
    func text(start: String, word: String) {
        let error = #expect(throws: WireError.self) { try Samples.decodeAll(ByteBuffer(string: start)) }
        #expect(error?.code == .notPyro)
        #expect(error?.detail.contains(word) == true)
    }

    @Test("a TLS record is named", arguments: [0x01, 0x03] as [UInt8])
    func tls(minor: UInt8) {
        let record = ByteBuffer(bytes: [0x16, 0x03, minor, 0x02, 0x00, 0x01])
        let error = #expect(throws: WireError.self) { try Samples.decodeAll(record) }
        #expect(error?.code == .notPyro)
        #expect(error?.detail.contains("TLS") == true)
    }

    @Test("other bytes are a bad tag, shown as a number")
    func binary() {
        let error = #expect(throws: WireError.self) {
            try Samples.decodeAll(ByteBuffer(bytes: [0x00, 0x01, 0xFE, 0xFF]))
        }
        #expect(error?.code == .badTag)
        #expect(error?.detail.contains("0x0001feff") == true)
    }
}
