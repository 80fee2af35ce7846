import Testing

@testable import LanternValue

struct SerpentCursorTests {
    private func read<T: RemoteCodable>(_ type: T.Type, _ text: String) throws -> T {
        var reader = try ValueReader(format: .serpent, bytes: Array(text.utf8))
        let value = try T(from: &reader)
        try reader.endDocument()
        #expect(reader.depth == 0)
        return value
    }

    @Test(
        "lists, tuples and sets are sequences",
        arguments: ["[1,2]", "(1,2)", "{1, 2,}", "([1,2])", "((1,\n2))"])
    func sequences(text: String) throws {
        #expect(try read([Int].self, text) == [1, 2])
    }

    @Test("empty sequences", arguments: ["[]", "()", "set()", "( [ ] )"])
    func emptySequences(text: String) throws {
        #expect(try read([Int].self, text).isEmpty)
    }

    @Test("each pair of needless parentheses costs a look ahead, so a few are enough")
    func manyGroups() throws {
        let open = { String(repeating: "(", count: $0) }
        let close = { String(repeating: ")", count: $0) }
        #expect(try read([Int].self, "\(open(8))[1]\(close(8))") == [1])
        #expect(throws: ValueError(.limitExceeded, "more than 8 pairs of parentheses without need")) {
            _ = try read([Int].self, "\(open(9))[1]\(close(9))")
        }
    }

    @Test("tuples in tuples")
    func nested() throws {
        #expect(try read([[Int]].self, "((1,),(2,3),())") == [[1], [2, 3], []])
        #expect(try read([[[Int]]].self, "(((1,),),)") == [[[1]]])
    }

    @Test("maps", arguments: ["{'a':[1],'b':()}", "({'a' : (1,) , 'b':[],\n})"])
    func maps(text: String) throws {
        #expect(try read([String: [Int]].self, text) == ["a": [1], "b": []])
    }

    @Test(
        "what is no sequence is not taken for one",
        arguments: [
            "1", "(1)", "{}", "{1:2}", "'ab'", "None", "((1))", "([1]", "[1,,2]", "[1 2]", "[,1]", "set(1)",
        ])
    func notSequences(text: String) {
        #expect(throws: ValueError.self) { try read([Int].self, text) }
    }

    @Test(
        "what is no map is not taken for one",
        arguments: ["1", "{1}", "[]", "{'a' 1}", "{'a':}", "{'a':1,,}"])
    func notMaps(text: String) {
        #expect(throws: ValueError.self) { try read([String: Int].self, text) }
    }

    @Test("None in parentheses is none; a tuple of it is not")
    func none() throws {
        #expect(try read(Int?.self, "( None )") == nil)
        #expect(try read(Int?.self, "7") == 7)
        #expect(throws: ValueError.self) { try read(Int?.self, "(None,)") }
        #expect(throws: ValueError.self) { try read(Int?.self, "Nonesuch") }
    }

    @Test("bytes come as a base64 map or as a literal")
    func bytes() throws {
        #expect(try read([UInt8].self, "{'data': 'AP8=', 'encoding': 'base64'}") == [0, 255])
        #expect(try read([UInt8].self, "{'encoding':'base64','data':'AP8='}") == [0, 255])
        #expect(try read([UInt8].self, "b'\\x00\\xff'") == [0, 255])
        #expect(throws: ValueError.self) { try read([UInt8].self, "{'data': 'AP8', 'encoding': 'base64'}") }
        #expect(throws: ValueError.self) { try read([UInt8].self, "{'data': 'AP8=") }
    }

    @Test("numbers are not mistaken for one another")
    func numbers() throws {
        #expect(try read(Int.self, "-12") == -12)
        #expect(try read(Int.self, "+0x10") == 16)
        #expect(try read(Double.self, "3") == 3)
        #expect(try read(Double.self, "{'__class__':'float','value':'nan'}").isNaN)
        for text in ["1.0", "True", "1j", "9223372036854775808", "017", "1 + 2j", "1_"] {
            #expect(throws: ValueError.self) { try read(Int.self, text) }
        }
        #expect(throws: ValueError.self) { try read(String.self, "'\\ud800'") }
    }

    @Test(
        "the kind is known before anything is consumed",
        arguments: [
            ("None", ValueKind.none), ("(1.5)", .float), ("(1+2j)", .complex), ("(1,)", .tuple),
            ("{1}", .set),
            ("{1:2}", .map), ("{}", .map), ("b''", .bytes), ("...", .ellipsis), ("[", nil), ("nan", nil),
        ] as [(String, ValueKind?)])
    func kinds(text: String, expected: ValueKind?) throws {
        var reader = try ValueReader(format: .serpent, bytes: Array(text.utf8))
        guard let expected else {
            #expect(throws: ValueError.self) { try reader.peekKind() }
            return
        }
        #expect(try reader.peekKind() == expected)
        #expect(reader.position == 0)
        #expect(reader.nodes == 0)
    }
}
