/// A message that we send.
protocol EtcdRequest: Sendable {
    func write(to writer: inout ProtobufWriter)
}

/// A message that etcd sends.
protocol EtcdResponse: Sendable {
    init()
    /// Takes one field; unknown ones are passed over.
    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError)
}

extension EtcdRequest {
    var encoded: [UInt8] {
        var writer = ProtobufWriter()
        write(to: &writer)
        return writer.bytes
    }
}

extension EtcdResponse {
    init(decoding bytes: ArraySlice<UInt8>) throws(EtcdError) {
        self.init()
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() { try take(field) }
    }
}

/// In front of every answer.
package struct EtcdHeader: EtcdResponse, Hashable {
    package private(set) var clusterID: UInt64 = 0
    /// Of the store when the request was applied.
    package private(set) var revision: Int64 = 0

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: clusterID = UInt64(bitPattern: try field.int())
        case 3: revision = try field.int()
        default: break
        }
    }
}

/// A key as it was at one revision.
package struct EtcdPair: EtcdResponse, Hashable {
    package private(set) var key: [UInt8] = []
    package private(set) var createRevision: Int64 = 0
    /// The revision of the latest change.
    package private(set) var modRevision: Int64 = 0
    /// Changes since it was made; 1 is the first.
    package private(set) var version: Int64 = 0
    package private(set) var value: [UInt8] = []
    package private(set) var lease: Int64 = 0

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: key = try field.bytes()
        case 2: createRevision = try field.int()
        case 3: modRevision = try field.int()
        case 4: version = try field.int()
        case 5: value = try field.bytes()
        case 6: lease = try field.int()
        default: break
        }
    }
}
