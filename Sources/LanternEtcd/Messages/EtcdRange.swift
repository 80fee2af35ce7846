/// Asks for keys; `Range` of etcd's API, always linearizable.
package struct EtcdRange: EtcdRequest {
    package var key: [UInt8]
    /// The first key that is no longer meant; empty for one key alone.
    package var end: [UInt8]
    /// Most keys in the answer; 0 for all.
    package var limit: Int64 = 0
    /// As it was then; 0 for now.
    package var revision: Int64 = 0
    package var isCountOnly = false

    package init(key: [UInt8], end: [UInt8] = []) {
        self.key = key
        self.end = end
    }

    /// All keys that start with these bytes.
    package init(prefix: [UInt8]) { self.init(key: prefix, end: Self.end(ofPrefix: prefix)) }

    /// The first key behind all that start with a prefix; a single zero byte when there is no end.
    package static func end(ofPrefix prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xFF { return end + [last + 1] }
        }
        return [0]
    }

    func write(to writer: inout ProtobufWriter) {
        writer.put(1, key)
        writer.put(2, end)
        writer.put(3, limit)
        writer.put(4, revision)
        writer.put(9, isCountOnly)
    }
}

package struct EtcdRangeAnswer: EtcdResponse, Hashable {
    package private(set) var header = EtcdHeader()
    package private(set) var pairs: [EtcdPair] = []
    package private(set) var hasMore = false
    package private(set) var count: Int64 = 0

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: header = try EtcdHeader(decoding: field.slice())
        case 2: pairs.append(try EtcdPair(decoding: field.slice()))
        case 3: hasMore = try field.flag()
        case 4: count = try field.int()
        default: break
        }
    }
}

/// Forgets what was before a revision; for tests, operators have `etcdctl compact`.
struct EtcdCompaction: EtcdRequest {
    let revision: Int64

    func write(to writer: inout ProtobufWriter) { writer.put(1, revision) }
}

/// An answer of which only the header counts.
struct EtcdPlainAnswer: EtcdResponse {
    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {}
}
