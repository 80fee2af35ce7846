import NIOCore

extension Frame {
    /// Takes a whole body apart: annotations, then the payload, which is inflated when it is compressed.
    ///
    /// - Throws: ``WireError/Code/badAnnotation``, ``WireError/Code/hmacNotSupported``,
    ///   ``WireError/Code/badCompression``, ``WireError/Code/inflatedTooLarge``.
    init(_ header: FrameHeader, body: ByteBuffer, limits: FrameLimits) throws(WireError) {
        var payload = body
        var annotations = Annotations()
        var deadline: CallDeadline?
        if header.annotationsSize > 0 {
            guard var block = payload.readSlice(length: Int(header.annotationsSize)) else {
                throw WireError(.truncated, "the annotation block is not all there")
            }
            // Most calls between Lantern peers have this one and no other.
            deadline = CallDeadline(onlyAnnotationIn: block, version: header.version)
            if deadline == nil {
                annotations = try Annotations(
                    reading: &block, version: header.version, maximum: limits.maximumAnnotations)
                deadline = annotations.takeDeadline()
            }
        }
        var correlationID = header.correlationID
        if header.version == .v48, !annotations.isEmpty {
            guard annotations[.hmac] == nil else {
                throw WireError(
                    .hmacNotSupported,
                    "messages signed with a Pyro4 HMAC key are not supported; unset the peer's key")
            }
            correlationID = try annotations.removeCorrelationID()
        }
        // The payload of a ping means nothing to anybody, so its flags do not either.
        if header.flags.contains(.compressed), header.type != .ping {
            payload = try Inflater.inflate(payload, limits: limits)
        }
        self.init(
            version: header.version,
            type: header.type,
            flags: header.flags,
            sequence: header.sequence,
            serializer: WireSerializer(raw: header.serializer, version: header.version),
            correlationID: correlationID,
            annotations: annotations,
            deadline: deadline,
            payload: payload)
    }
}

extension Annotations {
    /// v48: takes the annotation CORR out.
    fileprivate mutating func removeCorrelationID() throws(WireError) -> CorrelationID? {
        guard var data = self[.correlation] else { return nil }
        guard data.readableBytes == 16, let (high, low) = data.readMultipleIntegers(as: (UInt64, UInt64).self)
        else {
            throw WireError(.badAnnotation, "a correlation id has 16 bytes, found \(data.readableBytes)")
        }
        self[.correlation] = nil
        return CorrelationID(high: high, low: low)
    }
}
