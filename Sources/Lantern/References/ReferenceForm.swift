public import LanternValue
import LanternWire

/// How a parameter or result that holds remote objects is written and read. `@Remote` puts them together.
///
/// | Swift | form | on the wire |
/// |:--|:--|:--|
/// | `any P`, `P` being `@Remote` | `.object(contract)` | Pyro's class dict of a proxy |
/// | `DynamicProxy` | `.proxy` | the same |
/// | `PyroURI` | `.uri` | Pyro's class dict of a URI |
/// | `T?`, `[T]`, `[K: T]` | `.optional(…)`, `.list(…)`, `.map(…)` | as for other values |
public struct ReferenceForm<T>: Sendable {
    let write: @Sendable (T, inout ValueWriter, any ReferenceScope) throws -> Void
    let read: @Sendable (inout ValueReader, inout ReferenceReading) throws -> T
}

/// One reading of a value with remote objects in it.
struct ReferenceReading {
    let scope: any ReferenceScope
    private var count = 0

    init(scope: any ReferenceScope) {
        self.scope = scope
    }

    /// - Throws: ``LanternError/Code/overloaded`` past ``References/maximum``.
    mutating func reference(_ reader: inout ValueReader) throws -> RemoteReference {
        count += 1
        guard count <= References.maximum else {
            throw LanternError(.overloaded, "more than \(References.maximum) remote objects in one value")
        }
        return try RemoteReference(reader.readValue())
    }
}

extension ReferenceForm where T: Sendable {
    public static func object(_ contract: RemoteContract<T>) -> Self {
        Self(
            write: { object, writer, scope in
                let reference = try scope.reference(to: object, contract, in: writer.format)
                try writer.write(reference.value(scope.version))
            },
            read: { reader, reading in
                try reading.scope.object(reading.reference(&reader), contract)
            })
    }
}

extension ReferenceForm where T == DynamicProxy {
    public static var proxy: Self {
        Self(
            write: { proxy, writer, scope in
                try writer.write(scope.reference(to: proxy.remote).value(scope.version))
            },
            read: { reader, reading in
                DynamicProxy(try reading.scope.proxy(reading.reference(&reader)))
            })
    }
}

extension ReferenceForm where T == PyroURI {
    public static var uri: Self {
        Self(
            write: { uri, writer, scope in
                try writer.write(RemoteReference(uri: uri).uriValue(scope.version))
            },
            read: { reader, reading in try reading.reference(&reader).uri })
    }
}

extension ReferenceForm {
    public static func optional<Wrapped>(_ form: ReferenceForm<Wrapped>) -> Self where T == Wrapped? {
        Self(
            write: { value, writer, scope in
                if let value { try form.write(value, &writer, scope) } else { try writer.writeNone() }
            },
            read: { reader, reading in
                try reader.readNone() ? nil : .some(form.read(&reader, &reading))
            })
    }

    public static func list<Element>(_ form: ReferenceForm<Element>) -> Self where T == [Element] {
        Self(
            write: { members, writer, scope in
                try writer.beginList(count: members.count)
                for member in members { try form.write(member, &writer, scope) }
                try writer.endSequence()
            },
            read: { reader, reading in
                var members: [Element] = []
                var cursor = try reader.beginSequence()
                while try reader.hasNext(&cursor) { members.append(try form.read(&reader, &reading)) }
                return members
            })
    }

    public static func map<Key: RemoteCodable & Hashable, Member>(
        _ form: ReferenceForm<Member>
    ) -> Self where T == [Key: Member] {
        Self(
            write: { members, writer, scope in
                try writer.beginMap(count: members.count)
                for (key, member) in members {
                    try key.writeKey(to: &writer)
                    try form.write(member, &writer, scope)
                }
                try writer.endMap()
            },
            read: { reader, reading in
                var members: [Key: Member] = [:]
                var cursor = try reader.beginMap()
                while try reader.hasNext(&cursor) {
                    let key = try Key.readKey(from: &reader)
                    try reader.beginMapValue()
                    members[key] = try form.read(&reader, &reading)
                }
                return members
            })
    }
}

// MARK: - Where generated code uses them

extension ArgumentWriter {
    public mutating func next<T>(_ value: T, form: ReferenceForm<T>) throws {
        guard let references else { throw LanternError(.misuse, "no connection for a remote object") }
        try form.write(value, &call.arguments, references)
    }
}

extension ArgumentReader {
    public mutating func next<T>(_ name: String, form: ReferenceForm<T>) throws -> T {
        try next(
            name,
            reading: { reader in
                var reading = ReferenceReading(scope: try References.required())
                return try form.read(&reader, &reading)
            })
    }
}

extension ReplyWriter {
    public mutating func write<T>(_ value: T, form: ReferenceForm<T>) throws {
        var writer = ValueWriter(format: format)
        try form.write(value, &writer, try References.required())
        write(encoded: writer.takeOutput())
    }
}

extension CallAnswer {
    func decoded<T>(_ form: ReferenceForm<T>) throws -> T {
        guard let references else { throw LanternError(.misuse, "no connection for a remote object") }
        return try reading { reader in
            var reading = ReferenceReading(scope: references)
            return try form.read(&reader, &reading)
        }
    }
}
