package import LanternWire
import NIOCore

/// Named bytes that travel beside a call or its answer (Pyro's annotations).
///
/// A name has exactly four ASCII characters; those of Pyro (`CORR`, `HMAC`, `STRM`, `BLBI`) and all that begin with
/// `LD`, `LN` or `LS` are reserved. They count towards the size of the message, and towards Pyro4 peers all of one
/// message have to fit into 65,535 bytes. They are claims of the peer: who it is says ``CallContext/peer``.
public struct CallAnnotations: Sendable, Hashable {
    /// Annotations in one message, reserved ones aside.
    public static let maximumCount = 32

    package private(set) var wire = Annotations()

    public init() {}

    /// - Throws: ``LanternError/Code/misuse`` for a name that cannot be, and for too many.
    public init(_ entries: KeyValuePairs<String, [UInt8]>) throws {
        for (name, bytes) in entries { try set(name, to: bytes) }
    }

    /// What came with a message; names that mean something to Pyro or Lantern are left out.
    package init(received annotations: Annotations) {
        guard !annotations.isEmpty else { return }
        for entry in annotations.entries where !entry.tag.isReserved { wire[entry.tag] = entry.data }
    }

    public var isEmpty: Bool { wire.isEmpty }

    /// In the order in which they travel.
    public var names: [String] { wire.entries.map(\.tag.description) }

    public subscript(name: String) -> [UInt8]? {
        AnnotationTag(name).flatMap { wire[$0] }.map { Array(buffer: $0) }
    }

    /// Sets the bytes under a name; nil takes the name away.
    ///
    /// - Throws: ``LanternError/Code/misuse`` for a name that cannot be, and for too many.
    public mutating func set(_ name: String, to bytes: [UInt8]?) throws {
        let tag = try Self.tag(name)
        var changed = wire
        changed[tag] = bytes.map { ByteBuffer(bytes: $0) }
        wire = try Self.counted(changed)
    }

    /// Both; what `other` has goes before what is here.
    ///
    /// - Throws: ``LanternError/Code/misuse`` when they are too many together.
    package func merging(_ other: CallAnnotations) throws -> CallAnnotations {
        guard !isEmpty else { return other }
        var merged = self
        for entry in other.wire.entries { merged.wire[entry.tag] = entry.data }
        merged.wire = try Self.counted(merged.wire)
        return merged
    }

    private static func counted(_ annotations: Annotations) throws -> Annotations {
        guard annotations.count <= maximumCount else {
            throw LanternError(.misuse, "more than \(maximumCount) annotations for one message")
        }
        return annotations
    }

    private static func tag(_ name: String) throws -> AnnotationTag {
        guard let tag = AnnotationTag(name) else {
            throw LanternError(
                .misuse,
                "the annotation name '\(name.prefix(32))' does not have exactly four ASCII characters")
        }
        guard !tag.isReserved else {
            throw LanternError(
                .misuse, "the annotation name '\(name)' is reserved for Pyro and Lantern themselves")
        }
        return tag
    }
}
