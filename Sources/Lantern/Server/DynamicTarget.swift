import LanternValue

/// A ``DynamicObject`` as the dispatcher sees it.
struct DynamicTarget: ObjectTarget {
    let object: any DynamicObject

    var members: DynamicMembers { object.members }

    func member(_ name: MemberName) -> ObjectMember {
        ObjectMember(name) { [object] _, arguments, reply in
            try await Self.call(name, of: object, arguments, &reply)
        }
    }

    private static func call(
        _ member: MemberName, of object: any DynamicObject, _ arguments: UnopenedArguments,
        _ reply: inout ReplyWriter
    ) async throws {
        let values = try arguments.values()
        if case .setAttribute(let name) = member {
            guard values.positional.count == 2 else {
                throw ValueError(.badCall, "__setattr__ takes a name and a value")
            }
            try await object.setAttribute(name, to: values.positional[1])
            return
        }
        let given =
            if case .getAttribute = member {
                DynamicArguments()
            } else if let blob = arguments.blob {
                DynamicArguments(blob: try SerializedBlob(received: blob))
            } else {
                DynamicArguments(positional: values.positional, keywords: values.keywords)
            }
        switch try await object.call(member.text, given) {
        case .value(let value): try reply.write(value)
        case .stream(let stream): try reply.write(stream)
        }
    }
}
