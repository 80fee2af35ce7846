import Testing

@testable import LanternWire

struct CorrelationIDTests {
    @Test("text and number agree")
    func text() throws {
        let text = "4b6df1b7-e07f-4a04-b145-9ad14c6de8a4"
        let id = try #require(CorrelationID(uuidString: text))
        #expect(id == CorrelationID(high: 0x4B6D_F1B7_E07F_4A04, low: 0xB145_9AD1_4C6D_E8A4))
        #expect(id.description == text)
        #expect(CorrelationID(uuidString: text.uppercased()) == id)
        #expect(CorrelationID(high: 0, low: 1).description == "00000000-0000-0000-0000-000000000001")
    }

    @Test(
        "what is not a UUID is refused",
        arguments: [
            "", "4b6df1b7", "4b6df1b7-e07f-4a04-b145-9ad14c6de8a", "4b6df1b7-e07f-4a04-b145-9ad14c6de8a44",
            "4b6df1b7-e07f-4a04-b145-9ad14c6de8ag", "4b6df1b7e07f4a04b1459ad14c6de8a4",
            "4b6df1b7e-07f-4a04-b145-9ad14c6de8a4", "4b6df1b7-e07f-4a04-b145-9ad14c6de8a٤",
        ])
    func refused(text: String) {
        #expect(CorrelationID(uuidString: text) == nil)
    }

    @Test("random ids are version 4 UUIDs and differ")
    func random() {
        let ids = (0..<200).map { _ in CorrelationID.random() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(id.high & 0xF000 == 0x4000)
            #expect(id.low >> 62 == 0b10)
        }
    }
}
