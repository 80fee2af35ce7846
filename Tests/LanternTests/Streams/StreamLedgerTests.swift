import Testing

@testable import Lantern

/// The rules of pushed streams, from both sides of each limit.
struct StreamLedgerTests {
    private static func limits(_ adjust: (inout StreamLimits) -> Void = { _ in }) -> StreamLimits {
        var limits = StreamLimits()
        limits.perConnection = 3
        limits.itemSize = 100
        adjust(&limits)
        return limits
    }

    /// A client's ledger with the server's stream 2 open.
    private func reading(items: Int = 10, bytes: Int = 50) throws -> StreamLedger {
        var ledger = StreamLedger(side: .client, limits: Self.limits())
        #expect(try ledger.openIncoming(2) == true)
        if items > 0 || bytes > 0 { #expect(ledger.grant(2, items: items, bytes: bytes) == true) }
        return ledger
    }

    private func violation(_ body: () throws -> Void) -> StreamViolation? {
        do { try body() } catch { return error as? StreamViolation }
        return nil
    }

    @Test("the side that connected has the odd numbers, the other one the even ones")
    func numbers() throws {
        var client = StreamLedger(side: .client, limits: Self.limits())
        var server = StreamLedger(side: .server, limits: Self.limits())
        #expect([client.openOutgoing(), client.openOutgoing()] == [1, 3])
        #expect([server.openOutgoing(), server.openOutgoing()] == [2, 4])
        #expect(try server.openIncoming(1) == true)
        #expect(try client.openIncoming(2) == true)
        #expect(client.incomingCount == 1)
        #expect(client.outgoingCount == 2)
    }

    @Test(
        "a new stream needs a number of its producer's, higher than those before", arguments: [0, 1, 2, 3, 4])
    func numberTaken(number: UInt32) throws {
        var ledger = StreamLedger(side: .client, limits: Self.limits())
        #expect(try ledger.openIncoming(4) == true)
        #expect(violation { _ = try ledger.openIncoming(number) } == .numberTaken(number))
        #expect(try ledger.openIncoming(100) == true)
    }

    @Test("streams are bounded in both directions, and an ended one makes room")
    func tooMany() throws {
        var ledger = StreamLedger(side: .server, limits: Self.limits())
        for _ in 0..<3 { #expect(ledger.openOutgoing() != nil) }
        #expect(ledger.openOutgoing() == nil)
        #expect(ledger.endOutgoing(2) == true)
        #expect(ledger.endOutgoing(2) == false)
        #expect(ledger.openOutgoing() == 8)
        for number: UInt32 in [1, 3, 5] { #expect(try ledger.openIncoming(number) == true) }
        #expect(try ledger.openIncoming(7) == false)
        #expect(violation { _ = try ledger.receivedItems(7, count: 1, size: 1) } == .itemsAfterEnd(7))
        #expect(try ledger.receivedEnd(7) == .ignored, "its producer heard that nobody reads it")
        #expect(try ledger.receivedEnd(1) == .ofItems)
        #expect(try ledger.openIncoming(9) == true)
    }

    @Test("items are taken up to the credit, and not one more")
    func itemCredit() throws {
        var ledger = try reading(items: 3, bytes: 1_000)
        #expect(try ledger.receivedItems(2, count: 2, size: 2) == .take)
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 2, size: 2) }
                == .tooManyItems(stream: 2, sent: 2, credit: 1))
        #expect(try ledger.receivedItems(2, count: 1, size: 1) == .take)
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 1, size: 1) }
                == .tooManyItems(stream: 2, sent: 1, credit: 0))
        #expect(ledger.grant(2, items: 1, bytes: 0) == true)
        #expect(try ledger.receivedItems(2, count: 1, size: 1) == .take)
    }

    @Test("without any credit nothing is taken")
    func noCredit() throws {
        var ledger = try reading(items: 0, bytes: 0)
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 1, size: 1) }
                == .tooManyItems(stream: 2, sent: 1, credit: 0))
    }

    @Test("bytes are taken up to the credit; over it only one item by itself, and then nothing")
    func byteCredit() throws {
        var ledger = try reading(items: 10, bytes: 50)
        #expect(try ledger.receivedItems(2, count: 2, size: 49) == .take)
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 2, size: 2) }
                == .tooManyBytes(stream: 2, sent: 2, credit: 1))
        #expect(try ledger.receivedItems(2, count: 1, size: 100) == .take, "the last one may be larger")
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 1, size: 1) }
                == .tooManyBytes(stream: 2, sent: 1, credit: -99))
        #expect(ledger.grant(2, items: 0, bytes: 99) == true)
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 1, size: 1) }
                == .tooManyBytes(stream: 2, sent: 1, credit: 0))
        #expect(ledger.grant(2, items: 0, bytes: 1) == true)
        #expect(try ledger.receivedItems(2, count: 1, size: 1) == .take)
    }

    @Test("one item may have its limit and no byte more", arguments: [100, 101])
    func itemSize(size: Int) throws {
        var ledger = try reading()
        let found = violation { _ = try ledger.receivedItems(2, count: 1, size: size) }
        #expect(found == (size <= 100 ? nil : .itemTooLarge(stream: 2, size: 101, maximum: 100)))
    }

    @Test("items of streams that nobody opened are refused, and so are items of our own")
    func unknown() throws {
        var ledger = try reading()
        #expect(ledger.openOutgoing() == 1)
        for number: UInt32 in [0, 4, .max - 1] {
            #expect(
                violation { _ = try ledger.receivedItems(number, count: 1, size: 1) }
                    == .unknownStream(number))
        }
        #expect(violation { _ = try ledger.receivedItems(1, count: 1, size: 1) } == .wrongDirection(1))
        for number: UInt32 in [0, 3, 4] {
            #expect(violation { _ = try ledger.receivedEnd(number) } == .unknownStream(number))
        }
        #expect(violation { _ = try ledger.receivedCredit(3) } == .unknownStream(3))
        for number: UInt32 in [0, 2, 4] {
            #expect(violation { _ = try ledger.receivedCredit(number) } == .wrongDirection(number))
        }
    }

    @Test("items behind the end are refused")
    func afterEnd() throws {
        var ledger = try reading()
        #expect(try ledger.receivedEnd(2) == .ofItems)
        #expect(violation { _ = try ledger.receivedItems(2, count: 1, size: 1) } == .itemsAfterEnd(2))
        #expect(ledger.grant(2, items: 1, bytes: 1) == false, "there is nobody to tell")
        #expect(ledger.stopReading(2) == false)
        #expect(ledger.isEmpty)
    }

    @Test("what is on its way when we stop is passed over, within the credit it had")
    func stopped() throws {
        var ledger = try reading(items: 2, bytes: 50)
        #expect(ledger.stopReading(2) == true)
        #expect(ledger.stopReading(2) == false)
        #expect(ledger.grant(2, items: 10, bytes: 10) == false)
        #expect(try ledger.receivedItems(2, count: 2, size: 2) == .ignore)
        #expect(
            violation { _ = try ledger.receivedItems(2, count: 1, size: 1) }
                == .tooManyItems(stream: 2, sent: 1, credit: 0))
        #expect(!ledger.isEmpty, "the producer has not said its goodbye")
        #expect(try ledger.receivedEnd(2) == .ignored)
        #expect(ledger.isEmpty)
        #expect(violation { _ = try ledger.receivedItems(2, count: 1, size: 1) } == .itemsAfterEnd(2))
    }

    @Test("credit and farewells for streams that we ended crossed our own message")
    func crossed() throws {
        var ledger = StreamLedger(side: .server, limits: Self.limits())
        #expect(ledger.openOutgoing() == 2)
        #expect(try ledger.receivedCredit(2) == .take)
        #expect(try ledger.receivedEnd(2) == .ofReading)
        #expect(ledger.endOutgoing(2) == true)
        #expect(try ledger.receivedCredit(2) == .ignore)
        #expect(try ledger.receivedEnd(2) == .ignored)
    }

    @Test("credit may reach 2^31-1 and not more; nothing is no credit")
    func overflow() throws {
        for isItems in [true, false] {
            func add(_ account: inout CreditAccount, _ count: Int) throws {
                try account.add(items: isItems ? count : 0, bytes: isItems ? 0 : count, stream: 2)
            }
            var account = CreditAccount()
            try add(&account, CreditAccount.maximum - 1)
            try add(&account, 1)
            let full = account
            for count in [1, Int(UInt32.max), Int.max] {
                #expect(violation { try add(&account, count) } == .creditOverflow(2))
            }
            #expect(account == full)
        }
        var account = CreditAccount()
        #expect(violation { try account.add(items: 0, bytes: 0, stream: 2) } == .emptyCredit(2))
        #expect(violation { try account.add(items: -1, bytes: 1, stream: 2) } == .emptyCredit(2))
        #expect(!account.isOpen)
        try account.add(items: 1, bytes: 0, stream: 2)
        #expect(!account.isOpen)
        try account.add(items: 0, bytes: 1, stream: 2)
        #expect(account.isOpen)
    }
}
