import Testing

@testable import LanternEtcd

/// Bytes written and read by `protoc --encode` and `--decode` (libprotoc 3.21.12) with etcd's field numbers.
struct MessageTests {
    @Test("requests are written as protoc writes them")
    func requests() {
        var range = EtcdRange(key: [UInt8]("a".utf8), end: [UInt8]("b".utf8))
        range.limit = 300
        range.revision = -1
        range.isCountOnly = true
        #expect(hex(range.encoded) == "0a016112016218ac0220ffffffffffffffffff014801")
        var transaction = EtcdTransaction()
        transaction.comparisons = [
            .init([UInt8]("k".utf8), .modRevision, .equal, 0),
            .init([UInt8]("v".utf8), .version, .greater, 7),
        ]
        transaction.success = [
            .put(key: [UInt8]("k".utf8), value: [UInt8]("v".utf8), lease: 5),
            .delete(key: [UInt8]("d".utf8)),
        ]
        transaction.failure = [.range(EtcdRange(key: [UInt8]("k".utf8)))]
        #expect(
            hex(transaction.encoded)
                == "0a0710021a016b30000a0708011a01762007120a12080a016b120176180512051a030a01641a050a030a016b")
        let watch = EtcdWatchCreate(prefix: [UInt8]("a/".utf8), revision: 9)
        #expect(hex(watch.encoded) == "0a0c0a02612f1202613018094001")
    }

    @Test("answers are read as protoc wrote them")
    func answers() throws {
        let range = try EtcdRangeAnswer(
            decoding: bytes(
                "0a0d08ffffffffffffffffff01180c120e0a016b1003180420022a0176306312030a016c18012002")[...])
        #expect(range.header.clusterID == .max)
        #expect(range.header.revision == 12)
        #expect(range.pairs.map(\.key) == [[UInt8]("k".utf8), [UInt8]("l".utf8)])
        #expect(range.pairs[0].createRevision == 3)
        #expect(range.pairs[0].modRevision == 4)
        #expect(range.pairs[0].version == 2)
        #expect(range.pairs[0].value == [UInt8]("v".utf8))
        #expect(range.pairs[0].lease == 99)
        #expect(range.hasMore)
        #expect(range.count == 2)
        let made = try EtcdTransactionAnswer(
            decoding: bytes("0a02180c10011a0612040a02180c1a090a0712050a01732006")[...])
        #expect(made.succeeded)
        #expect(made.found.count == 2)
        #expect(made.found.last??.pairs.first?.version == 6)
        let watch = try EtcdWatchAnswer(
            decoding: bytes(
                "0a02180c2001280832036f6c6438015a09080112050a016b180c5a0a12080a016c180c2a0178")[...])
        #expect(watch.isCancelled)
        #expect(watch.isFragment)
        #expect(watch.compactRevision == 8)
        #expect(watch.reason == "old")
        #expect(watch.events.map(\.isDeletion) == [true, false])
        let lease = try EtcdLease(decoding: bytes("104d18ffffffffffffffffff01")[...])
        #expect(lease.id == 77)
        #expect(lease.seconds == -1)
    }

    @Test(
        "a damaged message is refused",
        arguments: [
            "0a", "0a05616263", "0aff", "08", "0880", "08ffffffffffffffffff02", "08ffffffffffffffffffff01",
            "00", "0b", "0c", "0d0102", "0901020304", "0affffffffffffffffff01", "2001", "1a0101",
        ])
    func damage(text: String) throws {
        let error = #expect(throws: EtcdError.self) {
            _ = try EtcdTransactionAnswer(decoding: try bytes(text)[...])
            _ = try EtcdPair(decoding: try bytes("0801")[...])
        }
        #expect(error?.code == .protocolViolation)
    }

    @Test("no prefix and no change of an answer traps")
    func mutations() throws {
        let answer = try bytes(
            "0a02180c2001280832036f6c6438015a09080112050a016b180c5a0a12080a016c180c2a0178")
        for length in answer.indices { _ = try? EtcdWatchAnswer(decoding: answer[..<length]) }
        for index in answer.indices {
            for bit in 0..<8 {
                var changed = answer
                changed[index] ^= 1 << bit
                _ = try? EtcdWatchAnswer(decoding: changed[...])
                _ = try? EtcdRangeAnswer(decoding: changed[...])
                _ = try? EtcdTransactionAnswer(decoding: changed[...])
            }
        }
    }

    @Test("the end of a prefix is the first key behind it")
    func ends() {
        #expect(EtcdRange.end(ofPrefix: [1, 2]) == [1, 3])
        #expect(EtcdRange.end(ofPrefix: [1, 0xFF, 0xFF]) == [2])
        #expect(EtcdRange.end(ofPrefix: [0xFF]) == [0])
        #expect(EtcdRange.end(ofPrefix: []) == [0])
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func bytes(_ hex: String) throws -> [UInt8] {
    let digits = Array(hex)
    return try stride(from: 0, to: digits.count, by: 2).map {
        try #require(UInt8(String(digits[$0..<min($0 + 2, digits.count)]), radix: 16))
    }
}
