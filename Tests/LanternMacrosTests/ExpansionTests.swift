import Testing

@testable import LanternMacros

/// What `@Remote` writes.
struct ExpansionTests {
    @Test("a contract becomes a stub, a dispatch table and a function that finds it")
    func wholeContract() {
        expectExpansion(
            of: """
                @Remote
                public protocol Warehouse: Sendable {
                    func store(item: String, by customer: String) async throws
                    func list() async throws -> [String]
                    func find(_ item: String, in: Shelf?) async throws -> Item
                    @Oneway func log(_ line: String) async throws
                    @Name("watch") func changes() async throws -> RemoteStream<String>
                    var name: String { get async throws }
                }
                """,
            is: """
                public protocol Warehouse: Sendable {
                    func store(item: String, by customer: String) async throws
                    func list() async throws -> [String]
                    func find(_ item: String, in: Shelf?) async throws -> Item
                    func log(_ line: String) async throws
                    func changes() async throws -> RemoteStream<String>
                    var name: String { get async throws }
                }

                /// Calls a remote ``Warehouse``.
                public nonisolated struct WarehouseStub: Warehouse, Lantern.RemoteStub {
                    public nonisolated let proxy: Lantern.RemoteProxy

                    public nonisolated init(proxy: Lantern.RemoteProxy) {
                        self.proxy = proxy
                    }

                    public nonisolated func store(item: String, by customer: String) async throws {
                        try await self.proxy.callVoid("store", arguments: 2) { arguments in
                            try arguments.next(item)
                            try arguments.next(customer)
                        }
                    }

                    public nonisolated func list() async throws -> [String] {
                        try await self.proxy.call("list", arguments: 0) { _ in
                        }
                    }

                    public nonisolated func find(_ item: String, in argument2: Shelf?) async throws -> Item {
                        try await self.proxy.call("find", arguments: 2) { arguments in
                            try arguments.next(item)
                            try arguments.next(argument2)
                        }
                    }

                    public nonisolated func log(_ line: String) async throws {
                        try await self.proxy.callOneway("log", arguments: 1) { arguments in
                            try arguments.next(line)
                        }
                    }

                    public nonisolated func changes() async throws -> RemoteStream<String> {
                        try await self.proxy.callStream("watch", arguments: 0) { _ in
                        }
                    }

                    public nonisolated var name: String {
                        get async throws {
                            try await self.proxy.attribute("name")
                        }
                    }

                    public nonisolated static let contract = Lantern.RemoteContract<any Warehouse>(
                        name: "Warehouse",
                        methods: [
                            .method("store") { target, arguments, _ in
                                let item: String = try arguments.next("item")
                                let customer: String = try arguments.next("by")
                                try arguments.finish()
                                try await target.store(item: item, by: customer)
                            },
                            .method("list") { target, arguments, reply in
                                try arguments.finish()
                                let result: [String] = try await target.list()
                                try reply.write(result)
                            },
                            .method("find") { target, arguments, reply in
                                let item: String = try arguments.next("item")
                                let argument2: Shelf? = try arguments.next("in")
                                try arguments.finish()
                                let result: Item = try await target.find(item, in: argument2)
                                try reply.write(result)
                            },
                            .method("log", oneway: true) { target, arguments, _ in
                                let line: String = try arguments.next("line")
                                try arguments.finish()
                                try await target.log(line)
                            },
                            .method("watch") { target, arguments, reply in
                                try arguments.finish()
                                let result: RemoteStream<String> = try await target.changes()
                                try reply.write(result)
                            },
                            .attribute("name") { target, _, reply in
                                let result: String = try await target.name
                                try reply.write(result)
                            },
                        ],
                        makeStub: { proxy in
                            WarehouseStub(proxy: proxy)
                        }
                    )
                }

                /// The contract of ``Warehouse``, for `#remoteContract()`.
                public nonisolated func _remoteContract() -> Lantern.RemoteContract<any Warehouse> {
                    WarehouseStub.contract
                }
                """)
    }

    @Test(
        "a type with remote objects is written and read by its form",
        arguments: [
            ("any Desk", ".object(_remoteContract())"),
            ("any Office.Desk", ".object(_remoteContract())"),
            ("(any Desk)?", ".optional(.object(_remoteContract()))"),
            ("[any Desk]", ".list(.object(_remoteContract()))"),
            ("[String: [any Desk]]?", ".optional(.map(.list(.object(_remoteContract()))))"),
            ("DynamicProxy", ".proxy"),
            ("[Lantern.DynamicProxy]", ".list(.proxy)"),
            ("[Int: PyroURI]", ".map(.uri)"),
        ])
    func forms(type: String, form: String) throws {
        let text = try expansion(
            of: "func f(_ a: Int, x: \(type)) async throws -> \(type)\nvar v: \(type) { get async throws }")
        #expect(text.contains("try arguments.next(a)\n"))
        #expect(text.contains("try arguments.next(x, form: \(form))"))
        #expect(text.contains("let x: \(type) = try arguments.next(\"x\", form: \(form))"))
        #expect(text.contains("try await self.proxy.call(\"f\", arguments: 2, result: \(form))"))
        #expect(text.contains("try await self.proxy.attribute(\"v\", form: \(form))"))
        #expect(text.ranges(of: "try reply.write(result, form: \(form))").count == 2)
    }

    @Test(
        "a type without remote objects has no form",
        arguments: ["Int", "Value", "[String: Item]", "Box<Proxy>"])
    func noForm(type: String) throws {
        let text = try expansion(of: "func f(x: \(type)) async throws -> \(type)")
        #expect(!text.contains("form:"))
        #expect(!text.contains("result: ."))
    }

    @Test("the stub is seen where the protocol is", arguments: ["", "public ", "package ", "internal "])
    func access(_ access: String) {
        expectExpansion(
            of: "@Remote\n\(access)protocol Nothing: Sendable {\n}",
            is: Self.emptyContract(access: access, memberAccess: access))
    }

    @Test("members of a private stub are seen by its file", arguments: ["private ", "fileprivate "])
    func privateAccess(_ access: String) {
        expectExpansion(
            of: "@Remote\n\(access)protocol Nothing: Sendable {\n}",
            is: Self.emptyContract(access: access, memberAccess: ""))
    }

    @Test("names that the bodies use themselves and keywords are replaced, labels stay", arguments: locals)
    func localNames(_ row: (written: String, stub: String, read: String, call: String)) throws {
        let body = try expansion(of: "func f(\(row.written)) async throws")
        #expect(body.contains("nonisolated func f(\(row.stub)) async throws {"))
        #expect(body.contains("let \(row.read)"))
        #expect(body.contains("try await target.f(\(row.call))"))
    }

    @Test("overloads with names of their own are separate entries")
    func renamedOverloads() throws {
        let body = try expansion(of: "func f(a: Int) async throws\n@Name(\"g\") func f(b: Int) async throws")
        #expect(body.contains(".method(\"f\")") && body.contains("callVoid(\"f\""))
        #expect(body.contains(".method(\"g\")") && body.contains("callVoid(\"g\""))
    }

    @Test("C11 a setter writes the attribute under its wire name")
    func setter() throws {
        let body = try expansion(
            of: """
                @Name("title") var name: String? { get async throws }
                @Setter("title") func setName(_ value: String?) async throws
                """)
        #expect(body.contains("nonisolated func setName(_ value: String?) async throws {"))
        #expect(body.contains("self.proxy.setAttribute(\"title\") { arguments in"))
        #expect(body.contains(".setter(\"title\") { target, arguments, _ in"))
        #expect(body.contains("let value: String? = try arguments.next(\"value\")"))
        #expect(body.contains("try await target.setName(value)"))
    }

    @Test("a property may be a stream")
    func streamProperty() throws {
        let body = try expansion(of: "var changes: RemoteStream<Int> { get async throws }")
        #expect(body.contains("try await self.proxy.attributeStream(\"changes\")"))
        #expect(body.contains("let result: RemoteStream<Int> = try await target.changes"))
    }

    @Test("D13 a blob is passed on and taken unopened")
    func blob() throws {
        let body = try expansion(
            of: "@Oneway func process(_ blob: SerializedBlob) async throws\n"
                + "func weigh(it: Lantern.SerializedBlob) async throws -> Int")
        #expect(body.contains("try await self.proxy.callOneway(\"process\", blob: blob)"))
        #expect(body.contains("try await self.proxy.call(\"weigh\", blob: it)"))
        #expect(
            body.contains(".method(\"process\", oneway: true, takesBlob: true) { target, arguments, _ in"))
        #expect(body.contains("let it: Lantern.SerializedBlob = try arguments.blob(\"it\")"))
    }

    @Test("what needs no refusal is accepted", arguments: accepted)
    func whole(_ requirement: String) throws {
        #expect(try expansion(of: requirement).contains("struct PStub: P, Lantern.RemoteStub"))
    }

    @Test("#remoteContract() becomes a call that overload resolution answers")
    func lookup() {
        expectExpansion(
            of: "let contract: RemoteContract<any Warehouse> = #remoteContract()",
            is: "let contract: RemoteContract<any Warehouse> = _remoteContract()")
    }

    /// As written, in the stub, as the table reads it, as the table passes it on.
    static let locals: [(written: String, stub: String, read: String, call: String)] = [
        (
            "target: Int", "target argument1: Int", "argument1: Int = try arguments.next(\"target\")",
            "target: argument1"
        ),
        ("_ reply: Int", "_ argument1: Int", "argument1: Int = try arguments.next(\"reply\")", "argument1"),
        ("for: Int", "for argument1: Int", "argument1: Int = try arguments.next(\"for\")", "for: argument1"),
        ("x _: Int", "x argument1: Int", "argument1: Int = try arguments.next(\"x\")", "x: argument1"),
        ("`in` `for`: Int", "`in` `for`: Int", "`for`: Int = try arguments.next(\"in\")", "in: `for`"),
        ("`x`: Int", "`x`: Int", "`x`: Int = try arguments.next(\"x\")", "x: `x`"),
    ]

    static let accepted = [
        "typealias Price = Int\nfunc f() async throws -> Price",
        "func f() async throws -> Void",
        "@Oneway func f() async throws -> ()",
        "func f() async throws(any Error)",
        "func f(x: (Int)) async throws -> (Int)?",
        "func f() async throws -> [String: [Set<Int>?]]",
        "func f() async throws -> Lantern.RemoteStream<[Int]>",
        "func f(x: RemoteStream<[Int]>, y: Lantern.RemoteStream<Int>) async throws -> RemoteStream<Int>",
        "@Lantern.Oneway func f() async throws",
        "@available(*, deprecated) func f() async throws",
        "@Name(\"größe\") var v: Outer.Inner? { get async throws }",
        "func `default`() async throws",
        "@Name(\"__len__\") func count() async throws -> Int",
        "@Lantern.Setter(\"v\") func set(v: Int) async throws\nvar v: Int { get async throws }",
    ]

    private static func emptyContract(access: String, memberAccess: String) -> String {
        """
        \(access)protocol Nothing: Sendable {
        }

        /// Calls a remote ``Nothing``.
        \(access)nonisolated struct NothingStub: Nothing, Lantern.RemoteStub {
            \(memberAccess)nonisolated let proxy: Lantern.RemoteProxy

            \(memberAccess)nonisolated init(proxy: Lantern.RemoteProxy) {
                self.proxy = proxy
            }

            \(memberAccess)nonisolated static let contract = Lantern.RemoteContract<any Nothing>(
                name: "Nothing",
                methods: [],
                makeStub: { proxy in
                    NothingStub(proxy: proxy)
                }
            )
        }

        /// The contract of ``Nothing``, for `#remoteContract()`.
        \(access)nonisolated func _remoteContract() -> Lantern.RemoteContract<any Nothing> {
            NothingStub.contract
        }
        """
    }
}
