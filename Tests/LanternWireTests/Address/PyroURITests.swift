import Testing

@testable import LanternWire

struct PyroURITests {
    @Test("a URI has a scheme, an object and a place")
    func parts() throws {
        let uri = try PyroURI("pyro:example.warehouse@stock-1.lantern.test:4444")
        #expect(uri.scheme == .object)
        #expect(uri.object == "example.warehouse")
        #expect(uri.location == .host("stock-1.lantern.test", port: 4444))
        #expect(uri.description == "PYRO:example.warehouse@stock-1.lantern.test:4444")
        #expect(try PyroURI("PYRO:o@[fe80::1]:1").location == .host("fe80::1", port: 1))
        #expect(try PyroURI("PYRO:o@./u:/run/a b.sock").location == .unix(path: "/run/a b.sock"))
    }

    @Test("tags are a set with one text form")
    func tags() throws {
        let uri = try PyroURI("PYROMETA:b,a,b@ns")
        #expect(uri.tags == ["a", "b"])
        #expect(uri.description == "PYROMETA:a,b@ns:9090")
        #expect(PyroURI(tags: ["b", "a"], location: uri.location) == uri)
        #expect(PyroURI(scheme: .metadata, object: "a,b", location: uri.location) == uri)
    }

    @Test("a name may come without a place, or with a name server's")
    func names() throws {
        #expect(try PyroURI("PYRONAME:a.b").location == nil)
        #expect(try PyroURI("PYRONAME:a.b@ns").location == .host("ns", port: 9090))
        #expect(try PyroURI("PYRONAME:a.b@ns:1").location == .host("ns", port: 1))
    }

    @Test(
        "what could be meant in two ways is refused",
        arguments: [
            ("", .malformed), ("obj", .malformed), ("http://host:1", .badScheme), ("PYROX:o@h:1", .badScheme),
            (" PYRO:o@h:1", .malformed), ("PYRO:o", .malformed), ("PYRO:o@", .malformed),
            ("PYRO:@h:1", .malformed),
            ("PYRONAME:o@", .malformed), ("PYRONAME:", .badObject), ("PYRONAME:a b", .badObject),
            ("PYRO:o\u{7}@h:1", .badObject), ("PYRO:o\u{202E}@h:1", .badObject), ("PYRO:o@h:1\n", .malformed),
            ("PYRO:o@h", .badPort), ("PYRO:o@h:", .badPort), ("PYRONAME:o@h:", .badPort),
            ("PYRO:o@h:0", .badPort),
            ("PYRO:o@h:65536", .badPort), ("PYRO:o@h:-5", .badPort), ("PYRO:o@h:+5", .badPort),
            ("PYRO:o@h: 80", .badPort), ("PYRO:o@h:80 ", .badPort), ("PYRO:o@h:8_0", .badPort),
            ("PYRO:o@h:80x", .badPort), ("PYRO:o@h:1:2", .badPort), ("PYRO:o@h:٨٠", .badPort),
            ("PYRO:o@h:99999999999999999999", .badPort), ("PYRO:o@:1", .badHost), ("PYRO:a@b@h:1", .badHost),
            ("PYRO:o@h st:1", .badHost), ("PYRO:o@höst:1", .badHost), ("PYRO:o@[::1]x:1", .badPort),
            ("PYRO:o@[::1]", .badPort), ("PYRO:o@[::1", .badHost), ("PYRO:o@[[::1]]:1", .badHost),
            ("PYRO:o@[1::2::3]:1", .badHost), ("PYRO:o@[%]:1", .badHost), ("PYRO:o@[::1%]:1", .badHost),
            ("PYRO:o@[abc]:1", .badHost), ("PYRO:o@./u:", .badPath), ("PYRO:o@./u:a:b", .badPath),
            ("PYRO:o@./u:\0", .badPath), ("PYRO:o@./u:a\0b", .badPath), ("PYROMETA:a,,b", .badObject),
            ("PYROMETA:,", .badObject), ("PYROMETA:", .badObject),
        ] as [(String, URIError.Code)])
    func refused(text: String, code: URIError.Code) {
        let error = #expect(throws: URIError.self) { try PyroURI(text) }
        #expect(error?.code == code)
    }

    @Test("ports from 1 to 65535 are taken", arguments: [1, 80, 65535])
    func ports(port: Int) throws {
        #expect(try PyroURI("PYRO:o@h:\(port)").location == .host("h", port: port))
    }

    @Test("very long texts are refused where they must be, and cost no more than their length")
    func long() throws {
        let text = "PYRO:" + String(repeating: "@", count: 100_000) + "@h:1"
        #expect(throws: URIError.self) { try PyroURI(text) }
        #expect(try PyroURI(lenient: text).object == "@")
        let huge = "PYRO:o@h:" + String(repeating: "9", count: 100_000)
        #expect(throws: URIError.self) { try PyroURI(lenient: huge) }
    }
}
