import Lantern
import LanternValue
import LanternWire
import Testing

/// Proxies and URIs as class dicts.
struct RemoteReferenceTests {
    static let formats: [SerializerFormat] = [.serpent, .json, .marshal, .msgpack]

    @Test("D12 a proxy comes back from every serializer in both generations' words", arguments: formats)
    func roundTrip(format: SerializerFormat) throws {
        let members = DynamicMembers(methods: ["a", "b"], oneway: ["b"], attributes: ["c"])
        let reference = RemoteReference(uri: try PyroURI("PYRO:desk@[::1]:7000"), members: members)
        for version in WireVersion.allCases {
            let value = try decode(encode(reference.value(version), as: format), as: format)
            #expect(try RemoteReference(value) == reference)
            let uri = try decode(encode(reference.uriValue(version), as: format), as: format)
            #expect(try RemoteReference(uri).uri == reference.uri)
        }
    }

    @Test(
        "A18 every kind of URI travels",
        arguments: [
            "PYRO:a@host:1", "PYRO:a@./u:/tmp/s", "PYRONAME:a", "PYRONAME:a@host:9090", "PYROMETA:x,y",
            "PYRO:a:b@host:1",
        ])
    func uris(text: String) throws {
        let uri = try PyroURI(text)
        for version in WireVersion.allCases {
            #expect(try RemoteReference(RemoteReference(uri: uri).uriValue(version)).uri == uri)
            #expect(try RemoteReference(RemoteReference(uri: uri).value(version)).uri == uri)
        }
    }

    @Test("the words of each generation are its own, and nothing secret is among them")
    func words() throws {
        let reference = RemoteReference(uri: try PyroURI("PYRO:a@host:1"))
        let five = reference.value(.v502)
        #expect(five["__class__"] == "Pyro5.client.Proxy")
        #expect(
            five["state"]?.elements == ["PYRO:a@host:1", .tuple([]), .tuple([]), .tuple([]), "hello", nil])
        let four = reference.value(.v48)
        #expect(four["__class__"] == "Pyro4.core.Proxy")
        #expect(four["state"]?.elements?.count == 9)
        #expect(four["state"]?.elements?[5] == Value.none)
    }

    @Test("of a received proxy only URI, members and serializer count: no handshake value, key or timeout")
    func hostileState() throws {
        let value: Value = [
            "__class__": "Pyro4.core.Proxy",
            "state": [
                "PYRO:a@host:1", [], ["m", 1], [], 0.001, "b64:a2V5", ["password": "x"], 99, "json", "more",
            ],
        ]
        let reference = try RemoteReference(value)
        #expect(
            reference
                == RemoteReference(
                    uri: try PyroURI("PYRO:a@host:1"),
                    members: DynamicMembers(methods: ["m"]), serializer: .json))
    }

    static let malformed: [Value] = [
        nil, 1, "PYRO:a@host:1", [], [:], ["__class__": "Pyro5.client.Proxy"],
        ["__class__": "Pyro5.client.Proxy", "state": []],
        ["__class__": "Pyro5.client.Proxy", "state": ["PYRO:a@host:1"]],
        ["__class__": "Pyro5.client.Proxy", "state": [1, [], [], [], "hello", nil]],
        ["__class__": "Pyro5.client.Proxy", "state": ["PYRO:a", [], [], [], "hello", nil]],
        ["__class__": "Pyro5.client.Proxy", "state": ["nonsense", [], [], [], "hello", nil]],
        ["__class__": "Pyro5.client.Proxy", "state": "PYRO:a@host:1"],
        ["__class__": "Pyro5.server.Daemon", "state": []],
        ["__class__": "os.system", "state": ["PYRO:a@host:1", [], [], [], "hello", nil]],
        ["__class__": "pyro5.client.proxy", "state": ["PYRO:a@host:1", [], [], [], "hello", nil]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a", nil, "host", 1, 2]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a", nil, "host", 65_536]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a", nil, "host", -1]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a", nil, nil, nil]],
        // An object's name must not choose another host.
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a@evil:1", nil, "good", 1]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a@evil:1", nil, nil, nil]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a@./u:/x", nil, "good", 1]],
        ["__class__": "Pyro5.core.URI", "state": ["PYRO", "a", "/tmp/s", "good:1@x", 1, 1]],
    ]

    @Test("what is no proxy or URI is refused, not guessed", arguments: malformed)
    func refused(value: Value) {
        let error = #expect(throws: ValueError.self) { try RemoteReference(value) }
        #expect(error?.code == .wrongType)
        #expect(value.remoteURI == nil)
    }

    @Test("an object on the connection is known by a host that nobody can have")
    func onConnection() throws {
        let reference = RemoteReference.onConnection("callback.Listener.1")
        #expect(reference.isOnConnection)
        #expect(try RemoteReference(reference.value(.v502)).isOnConnection)
        #expect(reference.uri.description == "PYRO:callback.Listener.1@connection.lantern.invalid:1")
        #expect(!RemoteReference(uri: try PyroURI("PYRO:a@host:1")).isOnConnection)
        #expect(!RemoteReference(uri: try PyroURI("PYRO:a@./u:connection.lantern.invalid")).isOnConnection)
    }
}
