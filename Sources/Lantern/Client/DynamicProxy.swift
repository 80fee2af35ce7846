public import LanternValue
import LanternWire

/// A remote object whose members are called by name, with values.
public struct DynamicProxy: Sendable {
    public let remote: RemoteProxy

    public init(_ remote: RemoteProxy) {
        self.remote = remote
    }

    /// Calls a method.
    ///
    /// - Throws: ``RemoteError`` or a registered error when the method threw, ``LanternError`` otherwise.
    @discardableResult
    public func call(
        _ method: String, _ arguments: Value..., keywords: KeyValuePairs<String, Value> = [:]
    ) async throws -> Value {
        try await call(method, arguments: arguments, keywords: keywords.map { ($0.key, $0.value) })
    }

    /// Calls a method with arguments that are in arrays already.
    public func call(
        _ method: String, arguments: [Value], keywords: [(String, Value)] = []
    ) async throws -> Value {
        try await send([], method, arguments, keywords).value()
    }

    /// Calls without waiting for an answer.
    public func oneway(
        _ method: String, arguments: [Value] = [], keywords: [(String, Value)] = []
    ) async throws {
        _ = try await send(.oneway, method, arguments, keywords)
    }

    /// Calls a method whose result is an item stream.
    public func stream(
        _ method: String, arguments: [Value] = [], keywords: [(String, Value)] = []
    ) async throws -> RemoteStream<Value> {
        try remote.stream(await send([], method, arguments, keywords), reading: .remoteCodable)
    }

    /// Calls a method and gives whatever comes: a value or a stream.
    public func callOrStream(
        _ method: String, arguments: [Value] = [], keywords: [(String, Value)] = []
    ) async throws -> DynamicResult {
        let answer = try await send([], method, arguments, keywords)
        if answer.frame.flags.contains(.itemStreamResult) {
            return .stream(try remote.stream(answer, reading: .remoteCodable))
        }
        return .value(try answer.value())
    }

    /// Calls a method with item streams among its arguments and gives whatever comes: a value or a stream.
    ///
    /// - Throws: ``LanternError/Code/notSupported`` towards Pyro programs, which take no streams.
    public func callOrStream(
        _ method: String, with arguments: [DynamicArgument], keywords: [(String, Value)] = []
    ) async throws -> DynamicResult {
        let answer = try await remote.invoke(method, arguments: arguments.count, keywords: keywords) {
            writer in
            for argument in arguments {
                switch argument {
                case .value(let value): try writer.next(value)
                case .stream(let stream): try writer.next(stream)
                }
            }
        }
        if answer.frame.flags.contains(.itemStreamResult) {
            return .stream(try remote.stream(answer, reading: .remoteCodable))
        }
        return .value(try answer.value())
    }

    public func attribute(_ name: String) async throws -> Value {
        try await remote.readAttribute(name).value()
    }

    public func setAttribute(_ name: String, to value: Value) async throws {
        try await remote.setAttribute(name) { try $0.next(value) }
    }

    /// Reads an attribute whose value is an item stream.
    public func attributeStream(_ name: String) async throws -> RemoteStream<Value> {
        try await remote.attributeStream(name)
    }

    /// Calls a method with one blob as its argument.
    @discardableResult
    public func call(_ method: String, blob: SerializedBlob) async throws -> Value {
        try await remote.invoke(method, blob: blob).value()
    }

    /// The same without waiting for an answer.
    public func oneway(_ method: String, blob: SerializedBlob) async throws {
        try await remote.callOneway(method, blob: blob)
    }

    /// Calls that travel together.
    public func batch() -> Batch { Batch(remote) }

    private func send(
        _ flags: FrameFlags, _ method: String, _ arguments: [Value], _ keywords: [(String, Value)]
    ) async throws -> CallAnswer {
        try await remote.send(flags: flags, method: method) { object, format in
            var call = try CallWriter(
                format: format, object: object, method: method, argumentCount: arguments.count)
            for argument in arguments { try call.arguments.write(argument) }
            return try call.finish(keywords: keywords)
        }
    }
}
