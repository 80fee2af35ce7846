import Testing

@testable import LanternValue

struct TextNumberTests {
    @Test(
        "decimal text becomes the nearest double",
        arguments: [
            "0", "-0.0", "1.", ".5", "1.e5", "123456789012345", "1234567890123456", "0.1", "-2.5e-3", "1e22",
            "1e23",
            "9007199254740993", "2.2250738585072011e-308", "4.9e-324", "0.000000000000000000000001",
        ])
    func nearest(text: String) throws {
        let complete = text.replacing(".e", with: ".0e")
        let expected = try #require(
            Double(
                complete.hasPrefix(".") ? "0" + complete : complete.hasSuffix(".") ? complete + "0" : complete
            ))
        #expect(TextNumber.double(Array(text.utf8)[...]).bitPattern == expected.bitPattern)
    }

    @Test("every float that is written reads back the same")
    func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            var text = ByteSink(capacity: 8)
            text.append(repr: value)
            #expect(TextNumber.double(text.bytes[...]).bitPattern == value.bitPattern)
        }
    }
}
