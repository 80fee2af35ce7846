import LanternValue

/// An implementation of a `@Remote` protocol behind its static dispatch table.
struct ContractTarget<Contract: Sendable>: ObjectTarget {
    let members: DynamicMembers
    private let methods: [String: RemoteMethod<Contract>]
    private let attributes: [String: RemoteMethod<Contract>]
    private let setters: [String: RemoteMethod<Contract>]
    private let classes: ClassTable?
    private let provider: InstanceProvider<Contract>

    init(
        _ contract: RemoteContract<Contract>, provider: InstanceProvider<Contract>, classes: ClassTable? = nil
    ) {
        var methods: [String: RemoteMethod<Contract>] = [:]
        var attributes: [String: RemoteMethod<Contract>] = [:]
        var setters: [String: RemoteMethod<Contract>] = [:]
        var oneway: Set<String> = []
        var blobMethods: Set<String> = []
        for method in contract.methods {
            switch method.kind {
            case .attribute: attributes[method.name] = method
            case .setter: setters[method.name] = method
            case .onewayMethod:
                oneway.insert(method.name)
                methods[method.name] = method
            case .method: methods[method.name] = method
            }
            if method.takesBlob { blobMethods.insert(method.name) }
        }
        self.methods = methods
        self.attributes = attributes
        self.setters = setters
        self.classes = classes
        self.provider = provider
        members = DynamicMembers(
            methods: Set(methods.keys), oneway: oneway, attributes: Set(attributes.keys),
            writableAttributes: Set(setters.keys), blobMethods: blobMethods)
    }

    func perform(
        _ member: MemberName, instances: SessionInstances,
        arguments: UnopenedArguments, reply: inout ReplyWriter
    ) async throws {
        let entry: RemoteMethod<Contract>?
        switch member {
        case .method(let name): entry = methods[name]
        case .getAttribute(let name): entry = attributes[name]
        case .setAttribute(let name): entry = setters[name]
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
        var reader = try ArgumentReader(opening: arguments, classes: classes)
        if case .setAttribute = member { let _: String = try reader.next("name") }
        try await entry.body(target, &reader, &reply)
    }
}
