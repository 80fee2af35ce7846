package import NIOCore

/// Writes frames. Several can go into one buffer, for one write per flush.
package enum FrameEncoder {
    /// Appends a frame to a buffer, or leaves the buffer as it was and throws.
    ///
    /// - Throws: ``WireError/Code/frameTooLarge`` over the limit or over what the header can express,
    ///   ``WireError/Code/badAnnotation`` for an annotation that does not fit, and
    ///   ``WireError/Code/notRepresentable`` for a type or serializer that the version has no number for.
    package static func encode(
        _ frame: Frame,
        into buffer: inout ByteBuffer,
        compression: Compression = .none,
        limits: FrameLimits = .standard
    ) throws(WireError) {
        let compressed = try Deflater.deflate(frame.payload, as: compression)
        let payload = compressed ?? frame.payload
        try writeHead(
            of: frame, payloadSize: payload.readableBytes, isCompressed: compressed != nil, into: &buffer,
            limits: limits)
        buffer.writeImmutableBuffer(payload)
    }

    /// The same for a payload that is an array still: it is copied once, into the buffer. `frame.payload` is not
    /// looked at. A body that was compressed before says so in the frame's flags.
    package static func encode(
        _ frame: Frame, body: [UInt8], into buffer: inout ByteBuffer, limits: FrameLimits = .standard
    ) throws(WireError) {
        try writeHead(
            of: frame, payloadSize: body.count, isCompressed: frame.flags.contains(.compressed),
            into: &buffer,
            limits: limits)
        buffer.writeBytes(body)
    }

    /// Writes everything in front of the payload, and makes room for that too.
    private static func writeHead(
        of frame: Frame, payloadSize: Int, isCompressed: Bool, into buffer: inout ByteBuffer,
        limits: FrameLimits
    ) throws(WireError) {
        let version = frame.version
        guard let serializer = frame.serializer.raw(in: version) else {
            throw WireError(
                .notRepresentable, "v\(version.rawValue) has no number for \(frame.serializer)")
        }
        guard version == .v48 || frame.type.rawValue <= UInt16(UInt8.max) else {
            throw WireError(.notRepresentable, "v502 cannot carry message type \(frame.type.rawValue)")
        }
        let annotations = outgoingAnnotations(of: frame)
        let annotationsSize =
            annotations.encodedSize(version)
            + (frame.deadline == nil ? 0 : CallDeadline.annotationSize(version))
        guard annotationsSize <= version.maximumAnnotationBlock else {
            throw WireError(
                .badAnnotation,
                "annotations too large (\(annotationsSize), max=\(version.maximumAnnotationBlock))")
        }
        let (total, isAbsurd) = payloadSize.addingReportingOverflow(annotationsSize)
        let maximum = min(limits.maximumMessage, FrameLimits.ceiling)
        guard !isAbsurd, total <= maximum else {
            throw WireError(.frameTooLarge, "message too large (\(total), max=\(maximum))")
        }
        var flags = frame.flags.subtracting(.compressed)
        if isCompressed { flags.insert(.compressed) }
        let header = FrameHeader(
            version: version, type: frame.type, flags: flags, sequence: frame.sequence,
            serializer: serializer, correlationID: version == .v502 ? frame.correlationID : nil,
            payloadSize: UInt32(truncatingIfNeeded: payloadSize),
            annotationsSize: UInt32(truncatingIfNeeded: annotationsSize))
        buffer.reserveCapacity(minimumWritableBytes: version.headerSize + total)
        header.write(into: &buffer)
        annotations.write(into: &buffer, version: version)
        frame.deadline?.writeAnnotation(into: &buffer, version: version)
    }

    /// v48 has no place for the correlation id but an annotation, which goes first.
    private static func outgoingAnnotations(of frame: Frame) -> Annotations {
        guard frame.version == .v48, let id = frame.correlationID else { return frame.annotations }
        var data = ByteBuffer()
        data.writeMultipleIntegers(id.high, id.low)
        var annotations = Annotations()
        annotations[.correlation] = data
        for entry in frame.annotations.entries where entry.tag != .correlation {
            annotations[entry.tag] = entry.data
        }
        return annotations
    }
}
