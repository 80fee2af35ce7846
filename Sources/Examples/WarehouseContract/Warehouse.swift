public import Lantern

/// What customers of the warehouse may ask of it: the contract, and the allowlist.
@Remote
public protocol Warehouse: Sendable {
    func list() async throws -> [String]
    func store(item: String, by customer: String) async throws
    func take(item: String, by customer: String) async throws
    @Oneway func log(_ line: String) async throws
    func changes() async throws -> RemoteStream<String>
    var name: String { get async throws }
}

/// The error that a customer gets for something that is not there; it arrives as itself.
public struct OutOfStock: RemoteThrowable, Equatable {
    public let item: String
    public var message: String { "there is no \(item) in stock" }

    public init(item: String) { self.item = item }
}
