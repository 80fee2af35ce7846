public import LanternTrust
public import LanternValue
public import LanternWire
import NIOCore
import Synchronization

/// One remote object, seen from here: what stubs and ``DynamicProxy`` stand on.
///
/// Makes no connection before the first call, makes a new one when the old one is lost, and may be used by any
/// number of tasks at once. Towards Lantern peers their calls are under way together; towards Pyro peers they
/// run one after the other. Copies of a stub share the proxy and its connection.
public final class RemoteProxy: Sendable {
    public let uri: PyroURI
    public let options: ProxyOptions
    private let client: Client
    /// How to connect when the URI alone does not say: several instances, or a socket that was given.
    private let route: Route?
    let path: Path
    /// The members that the sender of a received reference named, for those whom it is passed on to.
    let knownMembers: DynamicMembers?

    /// How the far side is reached.
    enum Path: Sendable {
        case uri
        /// At this address; the host in the URI is only checked against the certificate.
        case host(String)
        /// Over the connection of the caller who handed the object out.
        case caller(ServerReferences)
        case nowhere(LanternError)
        /// Wherever the name server is found at each connect; the URI says only which object there.
        case located
    }

    private enum Link {
        case none
        case opening(ConnectionAttempt)
        case open(ClientConnection)
    }

    private struct State {
        var link = Link.none
        var reconnection = Reconnection()
        /// Why the latest attempt failed.
        var lastFailure: (any Error)?
        var renewal = Renewal()
    }

    /// A connection is followed by another one before its certificates end.
    struct Renewal {
        var isUnderWay = false
        /// Connections that finish what was under way on them.
        var retired: [ClientConnection] = []
    }

    private let state = Mutex(State())

    package convenience init(uri: PyroURI, options: ProxyOptions, client: Client) {
        self.init(uri: uri, options: options, client: client, route: nil)
    }

    init(uri: PyroURI, options: ProxyOptions, client: Client, route: Route?, path: Path = .uri) {
        self.uri = uri
        self.options = Self.usable(options, client)
        self.client = client
        self.route = route
        self.path = path
        knownMembers = nil
    }

    /// A proxy for an object that a peer named.
    init(_ reference: RemoteReference, options: ProxyOptions, client: Client, path: Path = .uri) {
        uri = reference.uri
        self.options = Self.usable(options, client)
        self.client = client
        route = nil
        self.path = path
        knownMembers = reference.members
    }

    private static func usable(_ options: ProxyOptions, _ client: Client) -> ProxyOptions {
        guard client.settings.classes.refusesUnknown else { return options }
        var options = options
        // Pushed items are not looked through for class names.
        options.streamDelivery = .pulled
        return options
    }

    /// A proxy for an object that this one's answers named; it has the same options.
    func received(_ reference: RemoteReference) -> RemoteProxy {
        RemoteProxy(reference, options: options, client: client)
    }

    /// The connection whose client handed the object out, if it is such a one.
    var caller: ServerReferences? {
        if case .caller(let caller) = path { caller } else { nil }
    }

    deinit { close() }

    // MARK: - Life

    /// Connects now instead of at the first call.
    public func connect() async throws {
        if caller != nil { return }
        _ = try await connection(before: .now.advanced(by: options.connectTimeout))
    }

    /// Ends the connection. The next call makes a new one.
    public func close() {
        let (link, retired) = state.withLock { state in
            defer {
                state.link = .none
                state.renewal.retired = []
            }
            return (state.link, state.renewal.retired)
        }
        for connection in retired { connection.close() }
        switch link {
        case .open(let connection): connection.close()
        // Who waits for an attempt still gets its connection; nobody else does.
        case .opening, .none: break
        }
    }

    /// Whether a call would need no new connection.
    public var isConnected: Bool { caller?.isOpen ?? (openConnection != nil) }

    /// The members that the far side lets us call.
    public func members() async throws -> DynamicMembers {
        if caller != nil { return knownMembers ?? DynamicMembers(methods: []) }
        let metadata = try await connection(before: .now.advanced(by: options.timeout)).handshake.metadata
        return DynamicMembers(
            methods: metadata.methods, oneway: metadata.oneway, attributes: metadata.attributes)
    }

    /// Who answers, as certificate and signed handshake prove it.
    public func peer() async throws -> AuthenticatedPeer {
        if let caller { return caller.peer }
        return try await connection(before: .now.advanced(by: options.timeout)).handshake.peer
    }

    /// What the far side's ``DaemonHooks/validateHandshake`` gave back when this connection was made; nil for nothing.
    public func handshakeAnswer() async throws -> Value? {
        if caller != nil { return nil }
        return try await connection(before: .now.advanced(by: options.timeout)).handshake.data
    }

    /// Which generation is spoken on the connection.
    public func generation() async throws -> PyroGeneration {
        if let caller { return PyroGeneration(caller.version) }
        let handshake = try await connection(before: .now.advanced(by: options.timeout)).handshake
        return PyroGeneration(handshake.version)
    }

    /// Runs tasks on the connection's event loop: a caller that prefers it saves a change of thread at each call.
    ///
    /// ```swift
    /// try await withTaskExecutorPreference(proxy.executor()) { … }
    /// ```
    public func executor() async throws -> any TaskExecutor {
        try await connection(before: .now.advanced(by: options.timeout)).executor
    }

    // MARK: - Calls

    /// For what is `Codable`: registered classes are read by their dicts.
    package var classes: ClassTable? { client.settings.classes.table }

    package func readAttribute(_ name: String) async throws -> CallAnswer {
        try await send(flags: FrameFlags(rawValue: 0), method: name) { object, format in
            var call = try CallWriter(format: format, object: object, method: "__getattr__", argumentCount: 1)
            try call.arguments.write(name)
            return try call.finish(keywords: nil)
        }
    }

    package func invoke(
        _ method: String, arguments: Int, flags: FrameFlags = FrameFlags(rawValue: 0),
        keywords: [(String, Value)] = [],
        write: (inout ArgumentWriter) throws -> Void
    ) async throws -> CallAnswer {
        try await send(flags: flags, object: nil, method: method) { object, format, references -> CallBody in
            var writer = ArgumentWriter(
                call: try CallWriter(
                    format: format, object: object, method: method, argumentCount: arguments),
                classes: classes, references: references)
            try write(&writer)
            return CallBody(bytes: try writer.call.finish(keywords: keywords), streams: writer.streams)
        }
    }

    /// Sends a body and waits for the answer, connecting and trying again as the options say.
    ///
    /// - Parameters:
    ///   - method: names the call's span; there is none without it.
    ///   - format: the serializer, when it is not the proxy's own.
    ///   - body: writes the INVOKE body for an object id in a serializer; once for each attempt.
    ///   - prepare: adds to the message, given the object id.
    package func send(
        flags: FrameFlags, object: String? = nil, method: String? = nil, format: SerializerFormat? = nil,
        body: (String, SerializerFormat) throws -> [UInt8],
        prepare: ((inout Frame, String) throws -> Void)? = nil
    ) async throws -> CallAnswer {
        try await send(flags: flags, object: object, method: method, format: format, prepare: prepare) {
            object, format, _ -> CallBody in
            CallBody(bytes: try body(object, format))
        }
    }

    /// The same for a call that may bring remote objects and streams; one that brings streams is not sent again after
    /// a lost connection.
    func send(
        flags: FrameFlags, object: String?, method: String? = nil, format: SerializerFormat? = nil,
        prepare: ((inout Frame, String) throws -> Void)? = nil,
        call write: (String, SerializerFormat, any ReferenceScope) throws -> CallBody
    ) async throws -> CallAnswer {
        let format = format ?? options.serializer
        if let caller {
            return try await send(
                to: caller, flags: flags, object: object, method: method, format: format, prepare: prepare,
                call: write)
        }
        let call = ProxyOptions.current
        let annotations = try call?.annotations.map(options.annotations.merging) ?? options.annotations
        call?.response?.clear()
        let span = span(method, object)
        var failure: (any Error)?
        defer { span?.end(failure) }
        let deadline = ContinuousClock.now.advanced(by: call?.timeout ?? options.timeout)
        var retries = call?.retries ?? options.retries
        var resends = 2
        if retries > 0 { client.retryBudget.earn() }
        while true {
            do {
                let connection =
                    if let open = openConnection { open } else { try await connection(before: deadline) }
                var frame = Frame(
                    version: connection.handshake.version, type: .invoke, flags: flags,
                    serializer: format.wire,
                    correlationID: call?.correlation ?? CallContext.current?.correlation,
                    annotations: annotations.wire)
                let object = object ?? connection.object
                try prepare?(&frame, object)
                if let trace = span?.context, connection.handshake.kind.speaks(.traceContext) {
                    trace.write(into: &frame.annotations)
                }
                var body = try write(object, format, connection.references)
                if !body.streams.isEmpty { retries = 0 }
                compress(&body, &frame)
                let reply = try await connection.call(
                    frame, body: body.bytes, streams: body.streams, deadline: deadline)
                if flags.contains(.oneway) { return CallAnswer(frame: reply.frame, format: format) }
                call?.response?.record(reply.frame)
                return try answer(reply, in: format, connection.references)
            } catch let unsent as CallNotSent where resends > 0 && ContinuousClock.now < deadline {
                // It never reached the wire, so sending it again repeats nothing.
                guard (unsent.reason as? LanternError)?.code != .authenticationFailed else {
                    failure = unsent.reason
                    throw unsent.reason
                }
                resends -= 1
            } catch let unsent as CallNotSent {
                failure = unsent.reason
                throw unsent.reason
            } catch let error as LanternError where retries > 0 && error.mayBeTriedAgain {
                guard ContinuousClock.now < deadline, client.retryBudget.spend() else {
                    failure = error
                    throw error
                }
                retries -= 1
            } catch {
                failure = error
                throw error
            }
        }
    }

    /// A call over the connection of the client that handed the object out. There is no other way to the object,
    /// so nothing is tried twice.
    private func send(
        to caller: ServerReferences, flags: FrameFlags, object: String?, method: String?,
        format: SerializerFormat,
        prepare: ((inout Frame, String) throws -> Void)?,
        call write: (String, SerializerFormat, any ReferenceScope) throws -> CallBody
    ) async throws -> CallAnswer {
        let call = ProxyOptions.current
        let annotations = try call?.annotations.map(options.annotations.merging) ?? options.annotations
        call?.response?.clear()
        var frame = Frame(
            version: caller.version, type: .invoke, flags: flags, serializer: format.wire,
            correlationID: call?.correlation ?? CallContext.current?.correlation ?? .random(),
            annotations: annotations.wire)
        let span = span(method, object)
        var failure: (any Error)?
        defer { span?.end(failure) }
        let object = object ?? uri.object
        try prepare?(&frame, object)
        if let trace = span?.context, caller.kind.speaks(.traceContext) {
            trace.write(into: &frame.annotations)
        }
        var body = try write(object, format, caller)
        guard body.streams.isEmpty else {
            throw LanternError(.notSupported, "a callback takes no item streams as arguments")
        }
        compress(&body, &frame)
        do {
            let reply = try await caller.call(
                frame, body: body.bytes, deadline: .now.advanced(by: call?.timeout ?? options.timeout))
            if flags.contains(.oneway) { return CallAnswer(frame: reply, format: format) }
            call?.response?.record(reply)
            return try answer(ClientConnection.Reply(frame: reply, pushed: nil), in: format, caller)
        } catch {
            failure = error
            throw error
        }
    }

    /// The span of a call; nil where nothing is traced.
    private func span(_ method: String?, _ object: String?) -> CallSpan? {
        guard let tracer = client.tracer, let method else { return nil }
        return CallSpan(tracer, calling: method, on: object ?? uri.object)
    }

    private func compress(_ body: inout CallBody, _ frame: inout Frame) {
        guard options.compression, let packed = Compression.pack(body.bytes) else { return }
        body.bytes = packed
        frame.flags.insert(.compressed)
    }

    private func answer(
        _ reply: ClientConnection.Reply, in format: SerializerFormat, _ references: any ReferenceScope
    ) throws -> CallAnswer {
        var answer = try CallAnswer(
            judging: reply.frame, pushed: reply.pushed.map { PushedReader($0, keeping: self) },
            sent: format, errors: client.errors)
        answer.references = references
        let classes = client.settings.classes
        if classes.refusesUnknown, !reply.frame.flags.contains(.itemStreamResult) {
            do {
                try classes.check(answer.value())
            } catch let error as ValueError {
                throw LanternError(.serialization, "the answer is refused", cause: error)
            }
        }
        return answer
    }

    package func error(for record: ExceptionRecord) -> any Error { client.errors.error(for: record) }

    func stream<T>(_ answer: CallAnswer, reading: ItemReading<T>) throws -> RemoteStream<T> {
        if let pushed = answer.pushed { return reading.stream(pushed) }
        guard answer.frame.flags.contains(.itemStreamResult) else {
            throw LanternError(.protocolViolation, "the result of \(uri) is no item stream")
        }
        guard let tag = answer.frame.annotations[.stream] else {
            throw answer.frame.annotations[.pushedStreams] == nil
                ? LanternError(.protocolViolation, "the result of \(uri) is an item stream without an id")
                : StreamPlaces.full
        }
        return reading.stream(StreamReader(proxy: self, id: String(buffer: tag)))
    }

    // MARK: - Connecting

    func connectedReferences() async throws -> ClientReferences {
        try await connection(before: .now.advanced(by: options.timeout)).references
    }

    /// Those of the connection that is open now.
    var currentReferences: ClientReferences? { openConnection?.references }

    /// The connection, when there is one that takes calls.
    private var openConnection: ClientConnection? {
        state.withLock { state in
            if case .open(let connection) = state.link, connection.isUsable { return connection }
            return nil
        }
    }

    func connection(before deadline: ContinuousClock.Instant) async throws -> ClientConnection {
        if let openConnection { return openConnection }
        try await waitForReconnection(deadline)
        let (attempt, isNew) = state.withLock { state -> (ConnectionAttempt, Bool) in
            switch state.link {
            case .opening(let attempt): return (attempt, false)
            case .open(let connection) where connection.isUsable:
                return (ConnectionAttempt(finished: connection), false)
            case .open, .none:
                if case .open = state.link { route?.lost() }
                let attempt = ConnectionAttempt(
                    description: uri.description, eventLoop: client.settings.eventLoopGroup.next())
                state.link = .opening(attempt)
                return (attempt, true)
            }
        }
        if isNew { start(attempt) }
        return try await attempt.connection(before: deadline)
    }

    /// Connects in a task of its own: callers may give up or be cancelled, the others still get the connection. It
    /// runs on the event loop that the connection will live on, so that no step of it changes the thread.
    private func start(_ attempt: ConnectionAttempt) {
        Task.detached(executorPreference: LoopExecutor(attempt.eventLoop)) {
            [client, uri, options, route, path, weak self] in
            let result: Result<ClientConnection, any Error>
            do {
                result = .success(try await client.open(uri, options: options, route: route, path: path))
            } catch {
                result = .failure(error)
            }
            self?.finished(attempt, result)
            attempt.finish(result)
        }
    }

    private func finished(_ attempt: ConnectionAttempt, _ result: Result<ClientConnection, any Error>) {
        let jitter = Double.random(in: 0...1)
        if case .success(let connection) = result { connection.onRenewal { [weak self] in self?.renew() } }
        state.withLock { state in
            guard case .opening(let current) = state.link, current === attempt else { return }
            switch result {
            case .success(let connection):
                state.link = .open(connection)
                state.reconnection.succeeded()
                state.lastFailure = nil
            case .failure(let error):
                state.link = .none
                state.reconnection.failed(now: .now, jitter: jitter)
                state.lastFailure = error
            }
        }
    }

    // MARK: - Renewal

    /// Connections that finish what was under way on them.
    package var retiredConnections: Int { state.withLock(\.renewal.retired.count) }

    /// Makes a connection beside the one that is there, and moves over when it stands: no call notices. A socket that
    /// was given is the only one there is.
    private func renew() {
        guard options.renewsConnections, route?.isOnlyWay != true else { return }
        let old = state.withLock { state -> ClientConnection? in
            guard case .open(let old) = state.link, old.isUsable, !state.renewal.isUnderWay else {
                return nil
            }
            state.renewal.isUnderWay = true
            return old
        }
        guard let old else { return }
        Task.detached(executorPreference: LoopExecutor(client.settings.eventLoopGroup.next())) {
            [client, uri, options, route, path, weak self] in
            let new = try? await client.open(uri, options: options, route: route, path: path)
            guard let self else { return new?.close() ?? () }
            self.renewed(old, new)
        }
    }

    private func renewed(_ old: ClientConnection, _ new: ClientConnection?) {
        let isTaken = state.withLock { state in
            state.renewal.isUnderWay = false
            guard let new, case .open(let current) = state.link, current === old else { return false }
            state.link = .open(new)
            state.renewal.retired.append(old)
            return true
        }
        guard isTaken else {
            new?.close()
            return old.renewalFailed()
        }
        new?.onRenewal { [weak self] in self?.renew() }
        old.whenEnded { [weak self, weak old] in
            self?.state.withLock { state in state.renewal.retired.removeAll { $0 === old } }
        }
        old.retire()
    }

    private func waitForReconnection(_ deadline: ContinuousClock.Instant) async throws {
        let (pause, failure) = state.withLock { ($0.reconnection.notBefore, $0.lastFailure) }
        guard let notBefore = pause, notBefore > .now else { return }
        try await Task.sleep(until: min(notBefore, deadline), clock: .continuous)
        if notBefore > deadline {
            throw LanternError(
                .timeout, "no connection for \(uri) within the time of the call", cause: failure)
        }
    }
}

extension LanternError {
    /// Whether another attempt could end otherwise.
    var mayBeTriedAgain: Bool {
        [.connectFailed, .connectionLost, .timeout, .shuttingDown, .overloaded].contains(code)
    }
}
