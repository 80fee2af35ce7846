import LanternValue

/// An implementation of a `@Remote` protocol behind its static dispatch table.
struct ContractTarget<Contract: Sendable>: ObjectTarget {
    let members: DynamicMembers
    private let methods: [String: RemoteMethod<Contract>]
    private let attributes: [String: RemoteMethod<Contract>]
    private let provider: InstanceProvider<Contract>

    init(_ contract: RemoteContract<Contract>, provider: InstanceProvider<Contract>) {
        var methods: [String: RemoteMethod<Contract>] = [:]
        var attributes: [String: RemoteMethod<Contract>] = [:]
        var oneway: Set<String> = []
        for method in contract.methods {
            switch method.kind {
            case .attribute: attributes[method.name] = method
            case .onewayMethod:
                oneway.insert(method.name)
                methods[method.name] = method
            case .method: methods[method.name] = method
            }
        }
        self.methods = methods
        self.attributes = attributes
        self.provider = provider
        members = DynamicMembers(
            methods: Set(methods.keys), oneway: oneway, attributes: Set(attributes.keys))
    }

    func perform(
        _ member: MemberName, instances: SessionInstances,
        arguments: UnopenedArguments, reply: inout ReplyWriter
    ) async throws {
        let entry: RemoteMethod<Contract>?
        switch member {
        case .method(let name): entry = methods[name]
        case .getAttribute(let name): entry = attributes[name]
        case .setAttribute: entry = nil
        }
        guard let entry else {
            throw RemoteError(type: "builtins.AttributeError", message: "can't set attribute")
        }
        let target: Contract
        if case .shared(let object) = provider {
            target = object
        } else {
            target = try await provider.instance(for: instances)
        }
        var reader = try ArgumentReader(opening: arguments)
        try await entry.body(target, &reader, &reply)
    }
}
