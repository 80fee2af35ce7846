public import LanternValue
import LanternWire
import NIOCore

/// Calls whose one argument is a blob: made here, or passed on as it came.
extension RemoteProxy {
    public func call<R: RemoteCodable>(_ method: String, blob: SerializedBlob) async throws -> R {
        try await invoke(method, blob: blob).decoded()
    }

    @_disfavoredOverload
    public func call<R: Decodable>(_ method: String, blob: SerializedBlob) async throws -> R {
        try await invoke(method, blob: blob).decodedTree(classes)
    }

    /// A call whose result holds remote objects.
    public func call<R>(
        _ method: String, blob: SerializedBlob, result form: ReferenceForm<R>
    ) async throws -> R {
        try await invoke(method, blob: blob).decoded(form)
    }

    public func callVoid(_ method: String, blob: SerializedBlob) async throws {
        _ = try await invoke(method, blob: blob)
    }

    public func callOneway(_ method: String, blob: SerializedBlob) async throws {
        _ = try await invoke(method, blob: blob, flags: .oneway)
    }

    public func callStream<T: RemoteCodable>(
        _ method: String, blob: SerializedBlob
    ) async throws -> RemoteStream<T> {
        try stream(await invoke(method, blob: blob), reading: .remoteCodable)
    }

    @_disfavoredOverload
    public func callStream<T: Decodable & Sendable>(
        _ method: String, blob: SerializedBlob
    ) async throws -> RemoteStream<T> {
        let answer = try await invoke(method, blob: blob)
        return try stream(answer, reading: .decodable(classes, answer.references))
    }

    /// Bytes that came from elsewhere keep their serializer, and the answer comes in it.
    ///
    /// - Throws: ``LanternError/Code/notSupported`` for a blob of the other Pyro generation: the class names in its bytes
    ///   mean nothing to the far side.
    package func invoke(
        _ method: String, blob: SerializedBlob, flags: FrameFlags = []
    ) async throws -> CallAnswer {
        try await send(
            flags: flags.union(.keepSerialized), method: method, format: blob.serializer,
            body: { object, format in
                switch blob.content {
                case .data(let data):
                    try CallWriter.body(format: format, object: object, method: method, data: data)
                case .body(let received): received.body
                }
            },
            prepare: { frame, object in
                if case .body(let received) = blob.content, received.version != frame.version.rawValue {
                    throw LanternError(
                        .notSupported,
                        "a blob of wire version \(received.version) cannot be passed on in version \(frame.version.rawValue)"
                    )
                }
                frame.annotations[.blob] = ByteBuffer(
                    bytes: try BlobCall.annotation(info: blob.info, object: object, method: method))
            })
    }
}
