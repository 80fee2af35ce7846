@testable import Lantern
@testable import LanternTrust

/// What libFuzzer calls with every input: datagrams as they come from anybody. The first byte says which: a question to a
/// name server, an answer to a broadcast, or an answer of a DNS server.
///
/// Nothing may trap; what is read must be written and read again as the same; no stranger's answer is believed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDiscovery(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let datagram = Array(bytes.dropFirst())
    switch first % 3 {
    case 0: fuzz(question: datagram)
    case 1: fuzz(answer: datagram)
    default: fuzz(dns: datagram)
    }
    return 0
}

private func fuzz(question datagram: [UInt8]) {
    var rules = BroadcastRules()
    if case .lantern(let ask) = rules.question(in: datagram, at: 0), ask.bytes != datagram {
        fatalError("a question changes")
    }
}

private let search: BroadcastSearch = {
    guard let own = try? HandshakeKey.generate(id: "me", algorithm: .ed25519),
        let other = try? HandshakeKey.generate(id: "ns-1", algorithm: .ed25519),
        let known = try? other.authorizedKey(for: ["spiffe://lantern.test/*"]), let ask = try? DiscoveryAsk()
    else { fatalError("no keys") }
    return BroadcastSearch(
        ask: ask, keyring: Keyring(own: own, authorized: [known]), expected: nil)
}()

private func fuzz(answer datagram: [UInt8]) {
    var search = search
    guard search.take(datagram, at: 0) == nil, search.refusals.count == 1 else {
        fatalError("a stranger's answer is believed")
    }
    guard let answer = try? DiscoveryAnswer(reading: datagram) else { return }
    guard answer.bytes == datagram else { fatalError("an answer changes") }
}

private func fuzz(dns datagram: [UInt8]) {
    guard let question = try? DNSQuestion(id: 0x1234, name: "_lantern._tcp.a.b") else {
        fatalError("no question")
    }
    guard let answer = try? DNSAnswer(reading: datagram, to: question) else { return }
    guard answer.records.count <= DNSAnswer.maximumRecords else { fatalError("too many records") }
    var generator = SystemRandomNumberGenerator()
    let order = ServiceRecord.order(answer.records, using: &generator)
    guard order.count == answer.records.count(where: { !$0.target.isEmpty && $0.port != 0 }) else {
        fatalError("records are lost")
    }
}
