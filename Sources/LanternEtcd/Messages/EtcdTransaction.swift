/// All of it or, when one comparison fails, what is asked for in that case; `Txn` of etcd's API.
package struct EtcdTransaction: EtcdRequest {
    package var comparisons: [EtcdComparison] = []
    package var success: [EtcdOperation] = []
    package var failure: [EtcdOperation] = []

    package init() {}

    /// etcd counts the longest of the three lists against `--max-txn-ops`.
    package var operations: Int { max(comparisons.count, success.count, failure.count) }

    func write(to writer: inout ProtobufWriter) {
        for comparison in comparisons { writer.put(1, message: comparison.write) }
        for operation in success { writer.put(2, message: operation.write) }
        for operation in failure { writer.put(3, message: operation.write) }
    }
}

/// What must hold of one key. A key that is not there has 0 in all of them.
package struct EtcdComparison: EtcdRequest, Hashable {
    package enum Relation: Int64, Sendable { case equal, greater, less, notEqual }
    package enum Target: Int64, Sendable { case version, createRevision, modRevision }

    package var key: [UInt8]
    package var target: Target
    package var relation: Relation
    package var number: Int64

    package init(_ key: [UInt8], _ target: Target, _ relation: Relation = .equal, _ number: Int64) {
        self.key = key
        self.target = target
        self.relation = relation
        self.number = number
    }

    func write(to writer: inout ProtobufWriter) {
        writer.put(1, relation.rawValue)
        writer.put(2, target.rawValue)
        writer.put(3, key)
        // One of several: zero has to be said.
        writer.put(4 + UInt64(target.rawValue), number, always: true)
    }
}

package enum EtcdOperation: EtcdRequest {
    case range(EtcdRange)
    case put(key: [UInt8], value: [UInt8], lease: Int64 = 0)
    case delete(key: [UInt8], end: [UInt8] = [])

    func write(to writer: inout ProtobufWriter) {
        switch self {
        case .range(let range): writer.put(1, message: range.write)
        case .put(let key, let value, let lease):
            writer.put(2) {
                $0.put(1, key)
                $0.put(2, value)
                $0.put(3, lease)
            }
        case .delete(let key, let end):
            writer.put(3) {
                $0.put(1, key)
                $0.put(2, end)
            }
        }
    }
}

package struct EtcdTransactionAnswer: EtcdResponse {
    package private(set) var header = EtcdHeader()
    package private(set) var succeeded = false
    /// What each operation found, in their order; nil for those that do not ask.
    package private(set) var found: [EtcdRangeAnswer?] = []

    init() {}

    mutating func take(_ field: ProtobufReader.Field) throws(EtcdError) {
        switch field.number {
        case 1: header = try EtcdHeader(decoding: field.slice())
        case 2: succeeded = try field.flag()
        case 3:
            var reader = ProtobufReader(try field.slice())
            var answer: EtcdRangeAnswer?
            while let part = try reader.next() {
                if part.number == 1 { answer = try EtcdRangeAnswer(decoding: part.slice()) }
            }
            found.append(answer)
        default: break
        }
    }
}
