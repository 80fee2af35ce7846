/// Asks for all changes of keys with a prefix, from a revision on, in pieces that fit into messages.
struct EtcdWatchCreate: EtcdRequest {
    let prefix: [UInt8]
    let revision: Int64

    func write(to writer: inout ProtobufWriter) {
        writer.put(1) {
            $0.put(1, prefix)
            $0.put(2, EtcdRange.end(ofPrefix: prefix))
            $0.put(3, revision)
            $0.put(8, true)
        }
    }
}

/// Changes, or what became of the watch.
package struct EtcdWatchAnswer: EtcdResponse {
    package private(set) var header = EtcdHeader()
    package private(set) var isCreated = false
    package private(set) var isCancelled = false
    package private(set) var compactRevision: Int64 = 0
    package private(set) var reason = ""
    /// The rest of these changes comes in the next message.
    package private(set) var isFragment = false
    package private(set) var events: [EtcdEvent] = []

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: header = try EtcdHeader(decoding: field.slice())
        case 3: isCreated = try field.flag()
        case 4: isCancelled = try field.flag()
        case 5: compactRevision = try field.int()
        case 6: reason = try field.text()
        case 7: isFragment = try field.flag()
        case 11: events.append(try EtcdEvent(decoding: field.slice()))
        default: break
        }
    }
}

/// One change of one key.
package struct EtcdEvent: EtcdResponse, Hashable {
    package private(set) var isDeletion = false
    /// Of a deletion: the key and the revision alone.
    package private(set) var pair = EtcdPair()

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: isDeletion = try field.int() == 1
        case 2: pair = try EtcdPair(decoding: field.slice())
        default: break
        }
    }
}
