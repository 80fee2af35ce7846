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
            is: "")
    }

    @Test("a contract without requirements is a contract")
    func empty() {
        expectExpansion(
            of: "@Remote protocol Nothing: Sendable {\n}",
            is: "")
    }

    @Test("#remoteContract() becomes a call that overload resolution answers")
    func lookup() {
        expectExpansion(
            of: "let contract: RemoteContract<any Warehouse> = #remoteContract()",
            is: "let contract: RemoteContract<any Warehouse> = _remoteContract()")
    }
}
