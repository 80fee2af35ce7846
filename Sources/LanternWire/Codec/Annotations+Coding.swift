import NIOCore

extension Annotations {
    /// Reads a whole annotation block.
    ///
    /// Pyro4 shortens an entry that runs over the end of the block without a word; here that is an error in
    /// both versions.
    ///
    /// - Throws: ``WireError/Code/badAnnotation``.
    init(reading block: inout ByteBuffer, version: WireVersion, maximum: Int) throws(WireError) {
        self.init()
        var found = 0
        while block.readableBytes > 0 {
            guard let name = block.readInteger(as: UInt32.self), let size = block.readSize(version) else {
                throw WireError(.badAnnotation, "an annotation header is cut off")
            }
            guard let tag = AnnotationTag(rawValue: name) else {
                throw WireError(.badAnnotation, "an annotation name is not ASCII")
            }
            guard let data = block.readSlice(length: size) else {
                throw WireError(
                    .badAnnotation,
                    "annotation chunk length exceeds remaining data (\(size), left \(block.readableBytes))")
            }
            found += 1
            guard found <= maximum else {
                throw WireError(.badAnnotation, "more than \(maximum) annotations")
            }
            self[tag] = data
        }
    }

    func write(into buffer: inout ByteBuffer, version: WireVersion) {
        for entry in entries {
            buffer.writeInteger(entry.tag.rawValue)
            buffer.writeSize(entry.data.readableBytes, version)
            buffer.writeImmutableBuffer(entry.data)
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func readSize(_ version: WireVersion) -> Int? {
        switch version {
        case .v48: readInteger(as: UInt16.self).map(Int.init)
        case .v502: readInteger(as: UInt32.self).map(Int.init)
        }
    }

    fileprivate mutating func writeSize(_ size: Int, _ version: WireVersion) {
        switch version {
        case .v48: writeInteger(UInt16(truncatingIfNeeded: size))
        case .v502: writeInteger(UInt32(truncatingIfNeeded: size))
        }
    }
}
