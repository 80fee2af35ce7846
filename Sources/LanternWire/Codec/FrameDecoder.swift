package import NIOCore

/// Turns the bytes of a connection into frames.
///
/// Memory grows with the bytes that arrive, never with the sizes that they announce; tag, version and sizes
/// are checked as soon as they are there. Frames that arrive whole are slices of the buffer they arrived in,
/// unless that would keep a much larger buffer alive.
///
/// An error is final: every later ``next()`` throws it again.
package struct FrameDecoder: Sendable {
    /// Applies from the next header on, so it can be raised once the peer is known.
    package var limits: FrameLimits
    /// Both peers announced themselves, so Lantern's own message types are welcome.
    package var acceptsExtensions = false
    /// The version of the latest header that named a known one; an answer to a bad frame is written in it.
    package private(set) var version: WireVersion?

    private let accepted: Set<WireVersion>
    private var buffer = ByteBuffer()
    private var header: FrameHeader?
    private var failure: WireError?

    package init(limits: FrameLimits, accepting versions: Set<WireVersion> = Set(WireVersion.allCases)) {
        self.limits = limits
        accepted = versions
    }

    /// Bytes that belong to no finished frame yet, a header that is read already not included.
    package var bufferedBytes: Int { buffer.readableBytes }

    /// Whether a frame was begun and has not arrived whole.
    package var isInsideFrame: Bool { header != nil || buffer.readableBytes > 0 }

    /// Bytes of memory held for them.
    var storageCapacity: Int { buffer.storageCapacity }

    /// Takes all readable bytes; after an error they are dropped.
    package mutating func append(_ bytes: inout ByteBuffer) {
        guard failure == nil else {
            bytes = ByteBuffer()
            return
        }
        if buffer.readableBytes == 0 {
            swap(&buffer, &bytes)
            bytes = ByteBuffer()
            return
        }
        if buffer.readerIndex > 0 {
            // Frames may still share this storage; a copy of the rest leaves it to them.
            var rest = ByteBuffer()
            rest.reserveCapacity(buffer.readableBytes + bytes.readableBytes)
            rest.writeImmutableBuffer(buffer)
            buffer = rest
        }
        buffer.writeBuffer(&bytes)
    }

    /// Takes out what has arrived of a large message, so that the rest can be decrypted right behind it; whoever gets it
    /// gives it back, longer, to ``append(_:)``.
    ///
    /// - Returns: nil when nothing is gained by it.
    package mutating func takeUnfinished() -> ByteBuffer? {
        guard failure == nil, let header, header.bodySize >= 1 << 17, buffer.readableBytes > 0,
            buffer.readableBytes < header.bodySize
        else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// The next frame, or `nil` when more bytes are needed.
    ///
    /// - Throws: ``WireError`` when the peer does not keep to the protocol or its limits.
    package mutating func next() throws(WireError) -> Frame? {
        if let failure { throw failure }
        do {
            return try nextOrFail()
        } catch {
            failure = error
            release()
            throw error
        }
    }

    /// Checks, once the connection has ended, that it did not end inside a frame.
    ///
    /// - Throws: ``WireError/Code/truncated``.
    package func finish() throws(WireError) {
        guard failure == nil, header != nil || buffer.readableBytes > 0 else { return }
        throw WireError(.truncated, "the connection ended inside a message")
    }
}

extension FrameDecoder {
    private mutating func nextOrFail() throws(WireError) -> Frame? {
        if header == nil { header = try readHeader() }
        guard let header, buffer.readableBytes >= header.bodySize else {
            buffer = Self.unpinned(buffer)
            return nil
        }
        var body = ByteBuffer()
        if header.bodySize > 0, let slice = buffer.readSlice(length: header.bodySize) { body = slice }
        self.header = nil
        if buffer.readableBytes == 0 { release() }
        return try Frame(header, body: Self.unpinned(body), limits: limits)
    }

    private mutating func readHeader() throws(WireError) -> FrameHeader? {
        guard let tag = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard tag == FrameHeader.tag else { throw WireError(notATag: tag) }
        guard let number = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt16.self) else { return nil }
        guard let version = WireVersion(rawValue: number) else {
            throw WireError(.badVersion, "protocol version \(number), expected \(Self.list(accepted))")
        }
        // An error is final, so the version of an earlier frame is an accepted one.
        let isKnown = self.version == version
        self.version = version
        guard isKnown || accepted.contains(version) else {
            throw WireError(.badVersion, "protocol version \(number), expected \(Self.list(accepted))")
        }
        guard let header = try FrameHeader(reading: &buffer, version: version) else { return nil }
        guard header.type.isPyro || acceptsExtensions && header.type.isExtension else {
            throw WireError(.badType, "invalid message type \(header.type.rawValue)")
        }
        let maximum = min(limits.maximumMessage, FrameLimits.ceiling)
        guard header.bodySize <= maximum else {
            throw WireError(.frameTooLarge, "message too large (\(header.bodySize), max=\(maximum))")
        }
        return header
    }

    private mutating func release() { buffer = ByteBuffer() }

    /// A copy when the bytes are a small part of a large buffer that they would keep alive.
    private static func unpinned(_ body: ByteBuffer) -> ByteBuffer {
        let storage = body.storageCapacity
        guard storage > 64 << 10, body.readableBytes < storage / 4 else { return body }
        var copy = ByteBuffer()
        copy.writeImmutableBuffer(body)
        return copy
    }

    private static func list(_ versions: Set<WireVersion>) -> String {
        versions.map { String($0.rawValue) }.sorted().joined(separator: " or ")
    }
}
