/// What a DNS server answered to a ``DNSQuestion``, read with a bound on everything.
struct DNSAnswer: Sendable, Hashable {
    /// The records of the name, in the order in which they came; empty when there are none.
    let records: [ServiceRecord]

    /// Why a message is no answer of use.
    enum Fault: Error, Sendable, Hashable {
        /// Another question's answer, or somebody's guess: the right one may still come.
        case notOurs(String)
        /// Only a part of it fitted into so many bytes.
        case truncated(Int)
        /// The server's last word on this question.
        case refused(String)
        /// The server answers what no server may answer.
        case malformed(String)
    }

    /// How many records of an answer are looked at.
    static let maximumRecords = 64
    /// How many aliases are followed from the name that was asked.
    private static let maximumAliases = 8

    /// - Throws: ``Fault``.
    init(reading datagram: [UInt8], to question: DNSQuestion) throws(Fault) {
        guard datagram.count >= 12 else { throw .notOurs("too short") }
        var reader = DNSReader(bytes: datagram)
        guard try reader.number() == question.id else { throw .notOurs("another id") }
        let flags = try reader.number()
        guard flags & 0xF800 == 0x8000 else { throw .notOurs("no answer to a query") }
        let (questions, answers) = (try reader.number(), try reader.number())
        _ = (try reader.number(), try reader.number())
        guard questions == 1, try reader.name() == question.name,
            try reader.number() == DNSQuestion.serviceType, try reader.number() == DNSQuestion.internet
        else { throw .notOurs("another question") }
        guard flags & 0x0200 == 0 else {
            throw .truncated(datagram.count)
        }
        switch flags & 0xF {
        case 0: break
        case 3:
            records = []
            return
        case let code: throw .refused("the server answered with code \(code)\(Self.meaning(code))")
        }
        guard answers <= Self.maximumRecords else {
            throw .malformed("\(answers) records, \(Self.maximumRecords) are looked at")
        }
        var found: [(owner: [String], record: ServiceRecord)] = []
        var aliases: [[String]: [String]] = [:]
        for _ in 0..<answers {
            let owner = try reader.name()
            let (type, kind) = (try reader.number(), try reader.number())
            _ = (try reader.number(), try reader.number())
            let length = Int(try reader.number())
            var data = try reader.part(length)
            guard kind == DNSQuestion.internet else { continue }
            if type == 5 {
                aliases[owner] = try data.name()
            } else if type == DNSQuestion.serviceType {
                found.append((owner, try ServiceRecord(reading: &data)))
            }
        }
        var owner = question.name
        for _ in 0..<Self.maximumAliases { owner = aliases[owner] ?? owner }
        records = found.filter { $0.owner == owner }.map(\.record)
    }

    private static func meaning(_ code: UInt16) -> String {
        switch code {
        case 1: " (it did not understand the question)"
        case 2: " (it could not find out)"
        case 4: " (it does not know such questions)"
        case 5: " (it does not answer us)"
        default: ""
        }
    }
}

/// Reads numbers and names; every step is bounded by the datagram.
struct DNSReader: Sendable {
    private static let maximumLabels = 127
    private static let maximumPointers = 16

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    init(bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    private init(bytes: [UInt8], position: Int, end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    /// The next bytes as a reader of their own, whose names may still point back into the whole.
    mutating func part(_ count: Int) throws(DNSAnswer.Fault) -> DNSReader {
        guard count >= 0, end - position >= count else { throw .malformed("it ends too early") }
        defer { position += count }
        return DNSReader(bytes: bytes, position: position, end: position + count)
    }

    mutating func number() throws(DNSAnswer.Fault) -> UInt16 {
        guard end - position >= 2 else { throw .malformed("it ends too early") }
        defer { position += 2 }
        return UInt16(bytes[position]) << 8 | UInt16(bytes[position + 1])
    }

    /// Labels in lower case, none for the root. Bytes that host and service names do not have are refused.
    mutating func name() throws(DNSAnswer.Fault) -> [String] {
        var labels: [String] = []
        var length = 0
        var pointers = 0
        var at = position
        var limit = end
        /// Where reading goes on behind the name, once it has jumped away.
        var behind: Int?
        while true {
            guard at < limit else { throw .malformed("a name ends too early") }
            let byte = Int(bytes[at])
            if byte == 0 {
                position = behind ?? at + 1
                return labels
            }
            if byte & 0xC0 == 0xC0 {
                guard at + 1 < limit else { throw .malformed("a name ends too early") }
                let target = (byte & 0x3F) << 8 | Int(bytes[at + 1])
                pointers += 1
                // Only backwards: so no name goes round in circles.
                guard target < at, pointers <= Self.maximumPointers else {
                    throw .malformed("a name points forwards, or too often")
                }
                behind = behind ?? at + 2
                limit = at
                at = target
                continue
            }
            guard byte & 0xC0 == 0, at + 1 + byte <= limit else {
                throw .malformed("a label is longer than its name")
            }
            let label = bytes[(at + 1)..<(at + 1 + byte)]
            length += byte + 1
            guard length <= 254, labels.count < Self.maximumLabels, DNSName.isLabel(label) else {
                throw .malformed("a name is too long or has characters that it cannot have")
            }
            labels.append(String(decoding: label, as: UTF8.self).lowercased())
            at += 1 + byte
        }
    }
}
