package import NIOCore

/// The pushed streams that an INVOKE or its RESULT brings, as the annotation LSTR.
///
/// Four bytes for each: a number that its producer's side has not used before on this connection, rising; odd when
/// the side that connected produces, even when the other one does.
package struct StreamNumbers: Sendable, Hashable {
    package let numbers: [UInt32]

    package init(_ numbers: [UInt32]) { self.numbers = numbers }

    /// - Parameter maximum: so many at the most.
    /// - Throws: ``WireError/Code/badAnnotation`` for another size.
    package init(reading data: ByteBuffer, maximum: Int) throws(WireError) {
        var data = data
        let size = data.readableBytes
        guard size > 0, size.isMultiple(of: 4), size / 4 <= maximum else {
            throw WireError(
                .badAnnotation, "LSTR has 4 bytes for each of 1 to \(maximum) streams, found \(size)")
        }
        var numbers: [UInt32] = []
        while let number = data.readInteger(as: UInt32.self) { numbers.append(number) }
        self.numbers = numbers
    }

    package var data: ByteBuffer {
        var data = ByteBuffer()
        for number in numbers { data.writeInteger(number) }
        return data
    }
}
