import Testing

@testable import LanternValue

struct CallTests {
    private func envelope(_ text: String, _ format: SerializerFormat = .serpent) throws -> CallEnvelope {
        try CallEnvelope(reading: Array(text.utf8), format: format)
    }

    private func arguments(_ text: String) throws -> ArgumentReader {
        try ArgumentReader(opening: envelope("('obj','m',\(text))").arguments)
    }

    private func badCall(_ detail: String) -> ValueError { ValueError(.badCall, detail) }

    @Test("a call that was written is read back", arguments: SerializerFormat.allCases)
    func roundTrip(format: SerializerFormat) throws {
        var writer = try CallWriter(format: format, object: "obj", method: "store", argumentCount: 2)
        try writer.arguments.write("lamp")
        try writer.arguments.write(Int64(3))
        let body = try writer.finish(keywords: [("by", .text("ann"))])
        let call = try CallEnvelope(reading: body, format: format)
        #expect(call.object == "obj")
        #expect(call.method == "store")
        var reader = ArgumentReader(opening: call.arguments)
        #expect(try reader.next("item") as String == "lamp")
        #expect(try reader.next("count") as Int == 3)
        #expect(try reader.next("by") as String == "ann")
        #expect(try reader.next("note") as String? == nil)
        try reader.finish()
        let values = try call.arguments.values()
        #expect(values.positional == [.text("lamp"), .int(3)])
        #expect(values.keywords.map(\.0) == ["by"])
    }

    @Test("a batch that was written is read back", arguments: SerializerFormat.allCases)
    func batch(format: SerializerFormat) throws {
        let body = try CallWriter.batch(
            format: format, object: "obj",
            calls: [("one", [], []), ("two", [.int(1), .text("x")], [("k", .bool(true))])])
        let call = try CallEnvelope(reading: body, format: format)
        #expect(call.method == "<batch>")
        let items = try call.batchItems(maximum: 2)
        #expect(items.map(\.method) == ["one", "two"])
        var reader = ArgumentReader(opening: items[1].arguments)
        #expect(try reader.next("a") as Int == 1)
        #expect(try reader.next("b") as String == "x")
        #expect(try reader.next("k") as Bool)
        try reader.finish()
        #expect(throws: ValueError.self) { try call.batchItems(maximum: 1) }
    }

    @Test("of keyword arguments with one name the last value counts, at the first one's place")
    func doubledKeywords() throws {
        let call = try envelope("('obj','m',(),{'a':1,'b':2,'a':3,'e\u{301}':4,'\u{e9}':5})")
        let values = try call.arguments.values()
        #expect(values.keywords.map(\.0) == ["a", "b", "e\u{301}", "\u{e9}"])
        #expect(values.keywords.map(\.1) == [.int(3), .int(2), .int(4), .int(5)])
    }

    @Test("many keyword arguments cost linear time", .timeLimit(.minutes(1)))
    func manyKeywords() throws {
        let pairs = (0..<50_000).map { "'k\($0)':0" }.joined(separator: ",")
        #expect(try envelope("('obj','m',(),{\(pairs)})").arguments.values().keywords.count == 50_000)
    }

    @Test(
        "a malformed batch item fails the whole batch",
        arguments: ["('a',())", "('a',(),{},1)", "(1,(),{})", "('a',(1 2),{})"])
    func badBatch(item: String) throws {
        let call = try envelope("('obj','<batch>',[('ok',(),{}),\(item)],None)")
        #expect(throws: ValueError.self) { try call.batchItems(maximum: 10) }
    }

    @Test("names are found without looking at the arguments")
    func unopened() throws {
        let call = try envelope("('obj','m',(nonsense,),{})")
        #expect(call.method == "m")
        #expect(throws: ValueError.self) { try call.arguments.values() }
    }

    @Test("json keys may come in any order, the last of two counts")
    func jsonOrder() throws {
        let call = try envelope(
            "{\"kwargs\": {\"b\": 2}, \"x\": [], \"params\": [1], \"method\": \"a\", \"method\": \"m\", \"object\": \"o\"}",
            .json)
        #expect(call.object == "o")
        #expect(call.method == "m")
        var reader = ArgumentReader(opening: call.arguments)
        #expect(try reader.next("a") as Int == 1)
        #expect(try reader.next("b") as Int == 2)
        try reader.finish()
    }

    @Test(
        "bodies that are no call",
        arguments: ["('o','m')", "('o',)", "()", "1", "(1,'m',(),{})", "('o',2,(),{})"])
    func noCall(text: String) {
        #expect(throws: ValueError.self) { try envelope(text) }
    }

    @Test(
        "a json call needs its four keys",
        arguments: ["[]", "{}", "{\"object\":\"o\",\"method\":\"m\",\"params\":[]}"])
    func noJSONCall(text: String) {
        #expect(throws: ValueError.self) { try envelope(text, .json) }
    }

    @Test(
        "what stands behind the arguments is checked",
        arguments: ["()", "(),{},1", "(),{} ,{}", "(),[]", "1,{}", "(),{1:2}"])
    func badEnd(text: String) {
        #expect(throws: ValueError.self) {
            var reader = try arguments(text)
            try reader.finish()
        }
    }

    @Test("None for the keywords is none of them")
    func noKeywords() throws {
        var reader = try arguments("('prop',),None")
        #expect(try reader.next("name") as String == "prop")
        try reader.finish()
    }

    @Test("a missing argument is named")
    func missing() throws {
        var reader = try arguments("('lamp',),{}")
        _ = try reader.next("item") as String
        #expect(throws: badCall("missing argument: 'by'")) { try reader.next("by") as String }
    }

    @Test("surplus, unknown and doubled arguments are refused with Python's words")
    func surplus() throws {
        var reader = try arguments("(1,2,3),{}")
        _ = try reader.next("a") as Int
        _ = try reader.next("b") as Int
        #expect(throws: badCall("takes 2 arguments but 3 were given")) { try reader.finish() }
        reader = try arguments("(1,),{'x':1}")
        _ = try reader.next("a") as Int
        #expect(throws: badCall("unexpected keyword argument 'x'")) { try reader.finish() }
        reader = try arguments("(1,),{'a':1}")
        _ = try reader.next("a") as Int
        #expect(throws: badCall("multiple values for argument 'a'")) { try reader.finish() }
    }

    @Test("an argument of another type is refused")
    func wrongType() throws {
        var reader = try arguments("('x',),{}")
        #expect(throws: ValueError.self) { try reader.next("a") as Int }
    }

    @Test("an exception keeps its parts on the way")
    func exception() throws {
        let record = ExceptionRecord(
            className: "builtins.ValueError", arguments: [.text("x"), .int(2)],
            attributes: [.init(.text("_pyroTraceback"), .list([.text("line\n")]))])
        #expect(ExceptionRecord(record.value) == record)
        #expect(record.traceback == ["line\n"])
        #expect(record.message == "('x', 2)")
        #expect(ExceptionRecord(className: "builtins.KeyError", arguments: [.text("k")]).message == "'k'")
        #expect(ExceptionRecord(className: "builtins.OSError", arguments: [.text("k")]).message == "k")
        #expect(ExceptionRecord(.map([.init(.text("__class__"), .text("x.Y"))])) == nil)
        #expect(ExceptionRecord(.int(1)) == nil)
    }
}
