import LanternValue

/// An implementation of a `@Remote` protocol behind its static dispatch table.
///
/// The contract's type is gone after `init`: every member holds what it needs, so that a call meets no generic code,
/// which would look its types up each time.
struct ContractTarget: ObjectTarget {
    let members: DynamicMembers
    private let table: [MemberName: ObjectMember]

    init<Contract: Sendable>(
        _ contract: RemoteContract<Contract>, provider: InstanceProvider<Contract>, classes: ClassTable? = nil
    ) {
        var members = DynamicMembers(methods: [])
        var table: [MemberName: ObjectMember] = [:]
        for method in contract.methods {
            let name: MemberName
            switch method.kind {
            case .attribute:
                name = .getAttribute(method.name)
                members.attributes.insert(method.name)
            case .setter:
                name = .setAttribute(method.name)
                members.attributes.insert(method.name)
                members.writableAttributes.insert(method.name)
            case .onewayMethod, .method:
                name = .method(method.name)
                members.methods.insert(method.name)
                if method.kind == .onewayMethod { members.oneway.insert(method.name) }
                if method.takesBlob { members.blobMethods.insert(method.name) }
            }
            table[name] = Self.member(name, method.body, provider, classes)
        }
        self.members = members
        self.table = table
    }

    private static func member<Contract: Sendable>(
        _ name: MemberName, _ body: @escaping RemoteMethod<Contract>.Body,
        _ provider: InstanceProvider<Contract>, _ classes: ClassTable?
    ) -> ObjectMember {
        let isSetter = if case .setAttribute = name { true } else { false }
        guard case .shared(let object) = provider, !isSetter else {
            return ObjectMember(name) { instances, arguments, reply in
                var reader = ArgumentReader(opening: arguments, classes: classes)
                if isSetter { let _: String = try reader.next("name") }
                try await body(provider.instance(for: instances), &reader, &reply)
            }
        }
        return ObjectMember(name) { _, arguments, reply in
            var reader = ArgumentReader(opening: arguments, classes: classes)
            try await body(object, &reader, &reply)
        }
    }

    func member(_ name: MemberName) -> ObjectMember {
        table[name]
            ?? ObjectMember(name) { _, _, _ in
                throw RemoteError(type: "builtins.AttributeError", message: "unknown remote attribute")
            }
    }
}
