import NIOCore
import Testing

@testable import Lantern

/// DNS questions and answers as bytes; most answers here are hostile.
struct DNSTests {
    static let name = "_lantern._tcp.lantern.example"
    let question: DNSQuestion

    init() throws { question = try DNSQuestion(id: 0x1234, name: Self.name) }

    static func words(_ numbers: Int...) -> [UInt8] {
        numbers.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + $0.utf8 } + [0]
    }

    /// The owner is the pointer to the question's name unless given.
    static func record(
        type: Int = 33, owner: [UInt8] = [0xC0, 12], _ data: [UInt8]
    ) -> [UInt8] {
        owner + words(type, 1, 0, 60, data.count) + data
    }

    static func service(_ priority: Int, _ weight: Int, _ port: Int, _ target: String) -> [UInt8] {
        words(priority, weight, port) + name(target)
    }

    static func answer(
        id: Int = 0x1234, flags: Int = 0x8180, name: String = name, count: Int? = nil,
        _ records: [[UInt8]]
    ) -> [UInt8] {
        words(id, flags, 1, count ?? records.count, 0, 0) + Self.name(name) + words(33, 1)
            + records.flatMap { $0 }
    }

    func fault(_ bytes: [UInt8]) -> String {
        do throws(DNSAnswer.Fault) {
            return "\(try DNSAnswer(reading: bytes, to: question).records.count) records"
        } catch {
            switch error {
            case .notOurs: return "not ours"
            case .truncated: return "cut off"
            case .refused: return "refused"
            case .malformed: return "malformed"
            }
        }
    }

    @Test("a question asks for SRV records and says how much we take")
    func asking() throws {
        let expected =
            Self.words(0x1234, 0x0100, 1, 0, 0, 1) + Self.name(Self.name) + Self.words(33, 1)
            + [0] + Self.words(41, 1232, 0, 0, 0)
        #expect(question.bytes == expected)
        #expect(try DNSQuestion(id: 1, name: "A.Example.").name == ["a", "example"])
        for wrong in ["", ".", "a..b", "a b", "ä", String(repeating: "a", count: 64) + ".b"] {
            #expect(throws: LanternError.self) { try DNSQuestion(id: 1, name: wrong) }
        }
        let long = Array(repeating: "abcdefg", count: 32).joined(separator: ".")
        #expect(throws: LanternError.self) { try DNSQuestion(id: 1, name: long) }
    }

    @Test("records are read, with and without compression, and behind an alias")
    func reading() throws {
        let pointing = Self.words(1, 2, 9090) + [2] + Array("ns".utf8) + [0xC0, 26]
        let bytes = Self.answer([
            Self.record(Self.service(10, 5, 9091, "A.example")), Self.record(pointing),
            Self.record(type: 16, [1, 2, 3]),
        ])
        let answer = try DNSAnswer(reading: bytes, to: question)
        #expect(
            answer.records == [
                ServiceRecord(priority: 10, weight: 5, port: 9091, target: "a.example"),
                ServiceRecord(priority: 1, weight: 2, port: 9090, target: "ns.lantern.example"),
            ])
        let alias = Self.answer([
            Self.record(type: 5, Self.name("x.example")),
            Self.record(owner: Self.name("x.example"), Self.service(1, 1, 1, "b")),
            Self.record(owner: Self.name("other.example"), Self.service(1, 1, 1, "c")),
        ])
        #expect(try DNSAnswer(reading: alias, to: question).records.map(\.target) == ["b"])
        let none = try DNSAnswer(reading: Self.answer(flags: 0x8183, []), to: question)
        #expect(none.records.isEmpty)
    }

    @Test("answers to other questions are passed over")
    func strays() {
        let record = Self.record(Self.service(1, 1, 1, "a"))
        #expect(fault([]) == "not ours")
        #expect(fault(Self.answer(id: 0x1235, [record])) == "not ours")
        #expect(fault(Self.answer(flags: 0x0100, [record])) == "not ours")
        #expect(fault(Self.answer(name: "_lantern._tcp.other.example", [record])) == "not ours")
        #expect(fault(Self.answer([record])) == "1 records")
    }

    @Test("errors of the server are its last word, a cut off answer is not")
    func refused() {
        #expect(fault(Self.answer(flags: 0x8380, [])) == "cut off")
        for code in [1, 2, 4, 5, 15] { #expect(fault(Self.answer(flags: 0x8180 | code, [])) == "refused") }
    }

    @Test("names that go round, forwards or on for ever are refused")
    func hostileNames() {
        let place = Self.answer([]).count
        let itself = Self.record(owner: [0xC0 | UInt8(place >> 8), UInt8(place & 255)], [])
        #expect(fault(Self.answer([itself])) == "malformed")
        #expect(fault(Self.answer([Self.record(owner: [0xC0, 200], [])])) == "malformed")
        #expect(fault(Self.answer([Self.record(owner: [0xC0], [])])) == "malformed")
        #expect(fault(Self.answer([Self.record(owner: [0x80, 1], [])])) == "malformed")
        #expect(fault(Self.answer([Self.record(owner: [3, 0x61, 0, 0x62, 0], [])])) == "malformed")
        let long = Array(repeating: [UInt8(63)] + [UInt8](repeating: 0x61, count: 63), count: 5)
        #expect(fault(Self.answer([Self.record(owner: long.flatMap { $0 } + [0], [])])) == "malformed")
        // A chain of pointers, each to the one before.
        var chain: [UInt8] = [0xC0, 12]
        for step in 0..<20 {
            let target = place + 12 + step * 2
            chain += [0xC0 | UInt8(target >> 8), UInt8(target & 255)]
        }
        let start = place + 12 + 40
        let bytes = Self.answer([
            Self.record(type: 16, chain),
            Self.record(owner: [0xC0 | UInt8(start >> 8), UInt8(start & 255)], []),
        ])
        #expect(fault(bytes) == "malformed")
    }

    @Test("lengths and counts that promise more than there is are refused, 64 records are taken")
    func hostileCounts() {
        let record = Self.record(Self.service(1, 1, 1, "a"))
        #expect(fault(Self.answer(count: 2, [record])) == "malformed")
        #expect(fault(Self.answer(count: 65_535, [record])) == "malformed")
        #expect(fault(Self.answer(Array(repeating: record, count: 64))) == "64 records")
        #expect(fault(Self.answer(Array(repeating: record, count: 65))) == "malformed")
        let short = [0xC0, 12] + Self.words(33, 1, 0, 60, 3) + [0, 1, 0]
        #expect(fault(Self.answer([short])) == "malformed")
        let whole = Self.answer([record, record])
        for count in 0..<whole.count { #expect(fault(Array(whole.prefix(count))) != "2 records") }
    }

    @Test("nothing that a server sends makes the reader trap")
    func noise() {
        var generator = SystemRandomNumberGenerator()
        let whole = Self.answer([
            Self.record(Self.service(1, 1, 1, "a.b")), Self.record(type: 5, [0xC0, 12]),
        ])
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 2..<bytes.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            _ = fault(bytes)
        }
    }

    /// Always the same number.
    private struct Fixed: RandomNumberGenerator {
        let number: UInt64
        func next() -> UInt64 { number }
    }

    @Test("hosts are tried by priority, and within one as their weights say")
    func order() {
        func record(_ priority: UInt16, _ weight: UInt16, _ target: String, port: UInt16 = 1) -> ServiceRecord
        {
            ServiceRecord(priority: priority, weight: weight, port: port, target: target)
        }
        let records = [
            record(2, 0, "c"), record(1, 90, "b"), record(1, 10, "a"), record(0, 1, ""),
            record(0, 1, "x", port: 0),
        ]
        var low = Fixed(number: 1)
        var high = Fixed(number: .max)
        #expect(ServiceRecord.order(records, using: &low).map(\.target) == ["a", "b", "c"])
        #expect(ServiceRecord.order(records, using: &high).map(\.target) == ["b", "a", "c"])
        var generator = SystemRandomNumberGenerator()
        var first = 0
        for _ in 0..<2_000 {
            if ServiceRecord.order(records, using: &generator).first?.target == "b" { first += 1 }
        }
        #expect((1_600...1_980).contains(first), "90 of 100 expected, \(first) of 2000")
        #expect(ServiceRecord.order([record(0, 0, "")], using: &generator).isEmpty)
    }

    @Test("name servers are those of resolv.conf, three at the most, this host without any")
    func servers() {
        let text = """
            # a comment
            search example
            nameserver 192.0.2.1
            nameserver\t2001:db8::1
            nameserver nonsense
            nameserver 192.0.2.2
            nameserver 192.0.2.3
            """
        let found = DNSServers(resolverFile: text).addresses
        #expect(found.map(\.ipAddress) == ["192.0.2.1", "2001:db8::1", "192.0.2.2"])
        #expect(found.allSatisfy { $0.port == 53 })
        #expect(DNSServers(resolverFile: "").addresses.map(\.ipAddress) == ["127.0.0.1"])
    }
}
