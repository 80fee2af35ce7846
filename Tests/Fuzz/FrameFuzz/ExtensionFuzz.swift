import NIOCore

@testable import LanternWire

/// One of Lantern's own annotations or messages: what is read must be written as the same bytes.
func fuzzExtension(_ data: ByteBuffer, kind: UInt8) {
    switch kind % 8 {
    case 0: check(try? CallDeadline(reading: data), data) { $0.data }
    case 1: fuzzAnnouncement(data)
    case 2: check(try? StreamNumbers(reading: data, maximum: 16), data) { $0.data }
    case 3: check(try? StreamCredit(reading: data), data) { $0.frame(version: .v502).payload }
    case 4:
        check(try? StreamEnd(reading: data), data) { end in
            StreamEnd.frame(
                stream: end.stream, exception: Array(buffer: end.rest), serializer: .json, version: .v48
            ).payload
        }
    case 5:
        check(try? StreamItems(reading: data), data) { message in
            var body = [UInt8](repeating: 0, count: StreamItems.headSize)
            StreamItems.writeHead(stream: message.stream, count: UInt32(message.count), into: &body)
            return ByteBuffer(bytes: body + Array(buffer: message.items))
        }
    case 6: fuzzCorrelation(data)
    default: fuzzAnnotations(data, kind >> 3 & 1 == 0 ? .v502 : .v48)
    }
}

private func check<T>(_ read: T?, _ data: ByteBuffer, _ write: (T) -> ByteBuffer) {
    guard let read else { return }
    guard write(read) == data else { fatalError("\(read) changes") }
}

/// Later versions of the announcement count as none.
private func fuzzAnnouncement(_ data: ByteBuffer) {
    guard let announcement = try? LanternAnnouncement(reading: data) else { return }
    check(announcement, data) { $0.data }
}

private func fuzzCorrelation(_ data: ByteBuffer) {
    let text = String(buffer: data)
    guard let id = CorrelationID(uuidString: text) else { return }
    guard CorrelationID(uuidString: id.description) == id, id.description == text.lowercased() else {
        fatalError("the id \(text) changes")
    }
}

/// A block of annotations in a frame: with a deadline or without, and in any order.
private func fuzzAnnotations(_ data: ByteBuffer, _ version: WireVersion) {
    var block = data
    guard let annotations = try? Annotations(reading: &block, version: version, maximum: 8_192) else {
        return
    }
    var frame = Frame(version: version, type: .invoke, annotations: annotations)
    frame.deadline = frame.annotations.takeDeadline()
    var buffer = ByteBuffer()
    guard (try? FrameEncoder.encode(frame, into: &buffer)) != nil else { return }
    var decoder = FrameDecoder(limits: FrameLimits(maximumMessage: 1 << 20, maximumInflated: 1 << 20))
    decoder.append(&buffer)
    guard let again = try? decoder.next(), again.deadline == frame.deadline else {
        fatalError("a deadline changes: \(frame)")
    }
}
