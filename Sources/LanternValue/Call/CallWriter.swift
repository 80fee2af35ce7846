/// Writes an INVOKE body; arguments go by position unless given to ``finish(keywords:)``.
package struct CallWriter: Sendable {
    /// The caller writes exactly the announced number of values here.
    package var arguments: ValueWriter

    /// - Parameter vargsAsList: how Pyro's built-in calls and batches write the positional arguments;
    ///   other calls have a tuple. json, msgpack and marshal have a list always.
    package init(
        format: SerializerFormat, object: String, method: String, argumentCount: Int,
        vargsAsList: Bool = false, reserving capacity: Int = 128
    ) throws(ValueError) {
        arguments = ValueWriter(format: format, reserving: capacity)
        if format == .json {
            try arguments.beginMap(count: 4)
            try arguments.write("object")
            try arguments.write(object)
            try arguments.write("method")
            try arguments.write(method)
            try arguments.write("params")
        } else {
            try arguments.beginTuple(count: 4)
            try arguments.write(object)
            try arguments.write(method)
        }
        if vargsAsList || format == .marshal {
            try arguments.beginList(count: argumentCount)
        } else {
            try arguments.beginTuple(count: argumentCount)
        }
    }

    /// Ends the positional arguments, writes the keywords and hands over the body.
    ///
    /// - Parameter keywords: nil writes None, as attribute access and batches do.
    package mutating func finish(keywords: [(String, Value)]? = []) throws(ValueError) -> [UInt8] {
        try arguments.endSequence()
        let isJSON = arguments.format == .json
        if isJSON { try arguments.write("kwargs") }
        try Self.write(keywords, to: &arguments)
        if isJSON { try arguments.endMap() } else { try arguments.endSequence() }
        return arguments.takeOutput()
    }

    /// The body of a batch: a list of (method, positional, keywords).
    package static func batch(
        format: SerializerFormat, object: String,
        calls: [(method: String, positional: [Value], keywords: [(String, Value)])]
    ) throws(ValueError) -> [UInt8] {
        var call = try CallWriter(
            format: format, object: object, method: "<batch>", argumentCount: calls.count, vargsAsList: true,
            reserving: ValueWriter.room(forMembers: calls.count))
        for (method, positional, keywords) in calls {
            try call.arguments.beginTuple(count: 3)
            try call.arguments.write(method)
            try call.arguments.beginTuple(count: positional.count)
            for value in positional { try call.arguments.write(value) }
            try call.arguments.endSequence()
            try write(keywords, to: &call.arguments)
            try call.arguments.endSequence()
        }
        return try call.finish(keywords: nil)
    }

    private static func write(
        _ keywords: [(String, Value)]?, to writer: inout ValueWriter
    ) throws(ValueError) {
        guard let keywords else { return try writer.writeNone() }
        try writer.beginMap(count: keywords.count)
        for (name, value) in keywords {
            try writer.write(name)
            try writer.write(value)
        }
        try writer.endMap()
    }
}
