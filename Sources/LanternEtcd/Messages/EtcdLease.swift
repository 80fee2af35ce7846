/// Asks for a lease; etcd chooses its number.
struct EtcdLeaseGrant: EtcdRequest {
    let seconds: Int64

    func write(to writer: inout ProtobufWriter) { writer.put(1, seconds) }
}

/// Names a lease: to end it, to keep it, or to ask about it.
struct EtcdLeaseReference: EtcdRequest {
    let id: Int64

    func write(to writer: inout ProtobufWriter) { writer.put(1, id) }
}

/// What etcd says of a lease.
package struct EtcdLease: EtcdResponse, Hashable {
    package private(set) var header = EtcdHeader()
    package private(set) var id: Int64 = 0
    /// Seconds left; 0 or less when there is no such lease any more.
    package private(set) var seconds: Int64 = 0

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: header = try EtcdHeader(decoding: field.slice())
        case 2: id = try field.int()
        case 3: seconds = try field.int()
        default: break
        }
    }
}
