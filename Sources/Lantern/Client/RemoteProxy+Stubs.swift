public import LanternValue
import LanternWire

/// What the stubs that `@Remote` writes call: typed calls, streams and attributes over ``RemoteProxy/send(flags:object:format:prepare:call:)``.
extension RemoteProxy {
    public func call<R: RemoteCodable>(
        _ method: String, arguments: Int, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws -> R {
        let answer = try await invoke(method, arguments: arguments, write: write)
        return try answer.decoded()
    }

    @_disfavoredOverload
    public func call<R: Decodable>(
        _ method: String, arguments: Int, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws -> R {
        try await invoke(method, arguments: arguments, write: write).decodedTree(classes)
    }

    /// A call whose result holds remote objects.
    public func call<R>(
        _ method: String, arguments: Int, result form: ReferenceForm<R>,
        _ write: (inout ArgumentWriter) throws -> Void
    ) async throws -> R {
        try await invoke(method, arguments: arguments, write: write).decoded(form)
    }

    public func callVoid(
        _ method: String, arguments: Int, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws {
        _ = try await invoke(method, arguments: arguments, write: write)
    }

    /// Returns when the call was written to the connection; whether it was done is not told.
    public func callOneway(
        _ method: String, arguments: Int, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws {
        _ = try await invoke(method, arguments: arguments, flags: .oneway, write: write)
    }

    public func callStream<T: RemoteCodable>(
        _ method: String, arguments: Int, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws -> RemoteStream<T> {
        let answer = try await invoke(method, arguments: arguments, write: write)
        return try stream(answer, reading: .remoteCodable)
    }

    @_disfavoredOverload
    public func callStream<T: Decodable & Sendable>(
        _ method: String, arguments: Int, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws -> RemoteStream<T> {
        let answer = try await invoke(method, arguments: arguments, write: write)
        return try stream(answer, reading: .decodable(classes, answer.references))
    }

    public func attribute<R: RemoteCodable>(_ name: String) async throws -> R {
        try await readAttribute(name).decoded()
    }

    @_disfavoredOverload
    public func attribute<R: Decodable>(_ name: String) async throws -> R {
        try await readAttribute(name).decodedTree(classes)
    }

    /// An attribute whose value holds remote objects.
    public func attribute<R>(_ name: String, form: ReferenceForm<R>) async throws -> R {
        try await readAttribute(name).decoded(form)
    }

    public func attributeStream<T: RemoteCodable>(_ name: String) async throws -> RemoteStream<T> {
        try stream(await readAttribute(name), reading: .remoteCodable)
    }

    @_disfavoredOverload
    public func attributeStream<T: Decodable & Sendable>(_ name: String) async throws -> RemoteStream<T> {
        let answer = try await readAttribute(name)
        return try stream(answer, reading: .decodable(classes, answer.references))
    }

    /// Sets an attribute; the closure writes the new value.
    public func setAttribute(
        _ name: String, _ write: (inout ArgumentWriter) throws -> Void
    ) async throws {
        _ = try await send(flags: FrameFlags(rawValue: 0), object: nil, method: name) {
            object, format, references -> CallBody in
            var writer = ArgumentWriter(
                call: try CallWriter(format: format, object: object, method: "__setattr__", argumentCount: 2),
                classes: classes, references: references)
            try writer.next(name)
            try write(&writer)
            return CallBody(bytes: try writer.call.finish(keywords: nil), streams: [])
        }
    }
}
