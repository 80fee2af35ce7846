/// What a `@Remote` protocol lets peers call, and how a stub for it is made.
///
/// `Contract` is the existential of the protocol, for example `any Warehouse`. The `@Remote` macro writes the value;
/// what it does not list cannot be reached.
public struct RemoteContract<Contract>: Sendable {
    public let name: String
    public let methods: [RemoteMethod<Contract>]
    package let makeStub: @Sendable (RemoteProxy) -> Contract

    public init(
        name: String, methods: [RemoteMethod<Contract>],
        makeStub: @escaping @Sendable (RemoteProxy) -> Contract
    ) {
        self.name = name
        self.methods = methods
        self.makeStub = makeStub
    }
}
