package import NIOCore

/// What a Lantern peer says about itself in CONNECT and CONNECTOK, as the annotation LNTN.
///
/// Five bytes: the version 1, then the feature bits as 32 bits big-endian. What both peers have announced is
/// in force; without both announcements the connection is plain Pyro.
package struct LanternAnnouncement: Sendable, Hashable {
    package struct Features: OptionSet, Sendable, Hashable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Many calls in flight, replies in any order, matched by sequence number.
        package static let multiplexedCalls = Self(rawValue: 1 << 0)
        /// CANCEL messages.
        package static let cancellation = Self(rawValue: 1 << 1)
        /// The annotation LDLN on calls.
        package static let deadlines = Self(rawValue: 1 << 2)
        /// Item streams whose producer sends within the credit that its reader gave.
        package static let pushedStreams = Self(rawValue: 1 << 3)
        /// The annotations LNTP and LNTS on calls.
        package static let traceContext = Self(rawValue: 1 << 4)
        /// DRAIN messages.
        package static let drainNotice = Self(rawValue: 1 << 5)
        /// INVOKE and CANCEL from the server, RESULT from the client: calls of objects that the client handed out.
        package static let callbacks = Self(rawValue: 1 << 6)
        /// PING is answered by both ends, at any time.
        package static let keepAlive = Self(rawValue: 1 << 8)
    }

    /// Unknown bits are kept when reading; an intersection with our own drops them.
    package var features: Features

    package init(features: Features) { self.features = features }

    /// - Returns: `nil` for another version of the announcement, which counts as none.
    /// - Throws: ``WireError/Code/badAnnotation`` when the size does not fit the version.
    package init?(reading data: ByteBuffer) throws(WireError) {
        var data = data
        guard let version = data.readInteger(as: UInt8.self) else {
            throw WireError(.badAnnotation, "an empty Lantern announcement")
        }
        guard version == Self.version else { return nil }
        guard data.readableBytes == 4, let bits = data.readInteger(as: UInt32.self) else {
            throw WireError(
                .badAnnotation, "a Lantern announcement has 5 bytes, found \(data.readableBytes + 1)")
        }
        self.init(features: Features(rawValue: bits))
    }

    package var data: ByteBuffer {
        var data = ByteBuffer()
        data.writeMultipleIntegers(Self.version, features.rawValue)
        return data
    }

    private static let version: UInt8 = 1
}

extension Annotations {
    /// The peer's announcement, if there is one in a version that we know.
    ///
    /// - Throws: ``WireError/Code/badAnnotation``.
    package func announcement() throws(WireError) -> LanternAnnouncement? {
        guard let data = self[.lantern] else { return nil }
        return try LanternAnnouncement(reading: data)
    }
}
