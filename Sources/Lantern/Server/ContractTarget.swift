import LanternValue

/// An implementation of a `@Remote` protocol behind its static dispatch table.
///
/// The contract's type is gone after `init`: every entry holds what it needs, so that a call meets no generic code,
/// which would look its types up each time.
struct ContractTarget: ObjectTarget {
    private typealias Entry =
        @Sendable (SessionInstances, inout ArgumentReader, inout ReplyWriter) async throws -> Void

    let members: DynamicMembers
    private let methods: [String: Entry]
    private let attributes: [String: Entry]
    private let setters: [String: Entry]
    private let classes: ClassTable?

    init<Contract: Sendable>(
        _ contract: RemoteContract<Contract>, provider: InstanceProvider<Contract>, classes: ClassTable? = nil
    ) {
        var methods: [String: Entry] = [:]
        var attributes: [String: Entry] = [:]
        var setters: [String: Entry] = [:]
        var oneway: Set<String> = []
        var blobMethods: Set<String> = []
        for method in contract.methods {
            let entry = Self.entry(method, provider)
            switch method.kind {
            case .attribute: attributes[method.name] = entry
            case .setter: setters[method.name] = entry
            case .onewayMethod:
                oneway.insert(method.name)
                methods[method.name] = entry
            case .method: methods[method.name] = entry
            }
            if method.takesBlob { blobMethods.insert(method.name) }
        }
        self.methods = methods
        self.attributes = attributes
        self.setters = setters
        self.classes = classes
        members = DynamicMembers(
            methods: Set(methods.keys), oneway: oneway, attributes: Set(attributes.keys),
            writableAttributes: Set(setters.keys), blobMethods: blobMethods)
    }

    private static func entry<Contract: Sendable>(
        _ method: RemoteMethod<Contract>, _ provider: InstanceProvider<Contract>
    ) -> Entry {
        let body = method.body
        guard case .shared(let object) = provider else {
            return { instances, reader, reply in
                try await body(provider.instance(for: instances), &reader, &reply)
            }
        }
        return { _, reader, reply in try await body(object, &reader, &reply) }
    }

    func perform(
        _ member: MemberName, instances: SessionInstances,
        arguments: UnopenedArguments, reply: inout ReplyWriter
    ) async throws {
        let entry: Entry?
        switch member {
        case .method(let name): entry = methods[name]
        case .getAttribute(let name): entry = attributes[name]
        case .setAttribute(let name): entry = setters[name]
        }
        guard let entry else {
            throw RemoteError(type: "builtins.AttributeError", message: "can't set attribute")
        }
        var reader = try ArgumentReader(opening: arguments, classes: classes)
        if case .setAttribute = member { let _: String = try reader.next("name") }
        try await entry(instances, &reader, &reply)
    }
}
