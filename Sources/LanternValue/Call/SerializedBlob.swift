/// Arguments that travel through dispatchers unread (Pyro's `SerializedBlob`).
///
/// A client makes one of some `info`, which every hop can read, and the `data`, which only the last hop reads. A method
/// with one parameter of this type receives it; ``deserialized()`` reads the data, and passing the blob to another proxy
/// sends the very bytes on.
///
/// ```swift
/// func process(_ blob: SerializedBlob) async throws {
///     for listener in listeners[blob.info.textValue ?? ""] ?? [] { try await listener.process(blob) }
/// }
/// ```
///
/// The bytes stay in the serializer and in the Pyro generation in which they were written. `info` is what the sender
/// claims: it is no proof of anything.
public struct SerializedBlob: Sendable {
    /// Some small value that says what this is; it must have a form in Python's marshal.
    public let info: Value
    package let content: Content

    package enum Content: Sendable {
        case data(Value)
        case body(BlobCall)
    }

    /// - Parameter data: what the last hop gets; often a list of arguments.
    public init(info: Value, data: Value) {
        self.info = info
        content = .data(data)
    }

    /// - Throws: ``ValueError`` when the info that came is not marshal data.
    package init(received call: BlobCall) throws(ValueError) {
        info = try call.info()
        content = .body(call)
    }

    /// The data, read now.
    ///
    /// - Throws: ``ValueError`` when they are not what their serializer allows.
    public func deserialized() throws -> Value {
        switch content {
        case .data(let value): value
        case .body(let call): try call.data()
        }
    }

    /// The data as a `Codable` type, read now.
    public func deserialized<T: Decodable>(as type: T.Type) throws -> T {
        try ValueDecoder().decode(type, from: deserialized())
    }

    /// The serializer of the bytes; nil for data that are not written yet.
    public var serializer: SerializerFormat? {
        if case .body(let call) = content { call.format } else { nil }
    }
}

/// A call whose arguments stay closed: the names in front, and all the bytes.
///
/// Two places name an object and a method: the annotation BLBI, which says what this call is for, and the body, which
/// says what the call was for when the blob was made. They differ once a dispatcher has passed the blob on.
package final class BlobCall: Sendable {
    /// Bytes of the annotation; what Pyro4 can carry, and far more than a name needs.
    package static let maximumAnnotation = 64 << 10

    package let object: String
    package let method: String
    package let body: [UInt8]
    package let format: SerializerFormat
    /// The number of the wire version, 48 or 502.
    package let version: UInt16
    private let annotation: [UInt8]
    private let limits: DecodingLimits

    /// Reads the two names of the annotation, `marshal((info, object, method))`; nothing is built of the info.
    ///
    /// - Throws: ``ValueError/Code/limitExceeded``, ``ValueError/Code/malformed`` and the like.
    package init(
        annotation: [UInt8], body: [UInt8], format: SerializerFormat, version: UInt16, limits: DecodingLimits
    ) throws(ValueError) {
        guard annotation.count <= Self.maximumAnnotation else {
            throw ValueError(
                .limitExceeded, "the info of a blob has more than \(Self.maximumAnnotation) bytes")
        }
        var reader = try ValueReader(format: .marshal, bytes: annotation, limits: Self.annotationLimits)
        var cursor = try reader.beginSequence()
        try CallEnvelope.requireNext(&cursor, of: &reader, "the info of a blob")
        try reader.skipValue()
        try CallEnvelope.requireNext(&cursor, of: &reader, "the object of a blob")
        object = try reader.readText()
        try CallEnvelope.requireNext(&cursor, of: &reader, "the method of a blob")
        method = try reader.readText()
        if try reader.hasNext(&cursor) {
            throw ValueError(.badCall, "the info of a blob has more than three members")
        }
        try reader.endDocument()
        self.annotation = annotation
        self.body = body
        self.format = format
        self.version = version
        self.limits = limits
    }

    /// The annotation for a call of that method.
    package static func annotation(info: Value, object: String, method: String) throws(ValueError) -> [UInt8]
    {
        let bytes = try encode(.tuple([info, .text(object), .text(method)]), as: .marshal)
        guard bytes.count <= maximumAnnotation else {
            throw ValueError(.limitExceeded, "the info of a blob has more than \(maximumAnnotation) bytes")
        }
        return bytes
    }

    /// Whether the body names what the annotation names: not so for a blob that was passed on.
    package func namesAgree() throws(ValueError) -> Bool {
        let inside = try CallEnvelope(reading: body, format: format, limits: limits)
        return inside.object.utf8.elementsEqual(object.utf8) && inside.method.utf8.elementsEqual(method.utf8)
    }

    func info() throws(ValueError) -> Value {
        let parts = try decode(annotation, as: .marshal, limits: Self.annotationLimits)
        guard let info = parts.elements?.first else { throw ValueError(.badCall, "a blob without info") }
        return info
    }

    /// The third member of the body, whatever it is.
    func data() throws(ValueError) -> Value {
        var reader = try CallEnvelope(reading: body, format: format, limits: limits).arguments.reader
        return try reader.readValue()
    }

    private static var annotationLimits: DecodingLimits {
        var limits = DecodingLimits(depth: 32)
        limits.nodes = 10_000
        return limits
    }
}

extension CallEnvelope {
    /// A call that the annotation names, with the blob as its only argument.
    package init(blob: BlobCall) throws(ValueError) {
        object = blob.object
        method = blob.method
        arguments = try UnopenedArguments(blob: blob)
    }
}

extension UnopenedArguments {
    /// No arguments but the blob. What reads arguments and does not ask for it finds none, and is told at the end.
    fileprivate init(blob: BlobCall) throws(ValueError) {
        // An empty list, an empty map.
        reader = try ValueReader(format: .msgpack, bytes: [0x90, 0x80])
        var behind = reader
        try behind.skipValue()
        place = .separate(keywords: behind)
        self.blob = blob
    }
}

extension CallWriter {
    /// The body of a call whose positional arguments are this value itself, as Pyro writes the data of a blob.
    package static func body(
        format: SerializerFormat, object: String, method: String, data: Value
    ) throws(ValueError) -> [UInt8] {
        guard format == .json else {
            return try encode(.tuple([.text(object), .text(method), data, .map([])]), as: format)
        }
        return try encode(
            .map([
                ValuePair("object", .text(object)), ValuePair("method", .text(method)),
                ValuePair("params", data), ValuePair("kwargs", .map([])),
            ]), as: format)
    }
}
