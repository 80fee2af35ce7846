/// Where the members of a list behind its first one, a bool, begin and end; the documents inside are not read.
package func splitMsgpackList(_ bytes: [UInt8]) throws(ValueError) -> (flag: Bool, members: [Range<Int>]) {
    var reader = try ValueReader(format: .msgpack, bytes: bytes)
    var cursor = try reader.beginSequence()
    guard try reader.hasNext(&cursor) else { throw .malformed("an empty list where a bool comes first") }
    let flag = try reader.readBool()
    var members: [Range<Int>] = []
    while try reader.hasNext(&cursor) {
        let start = reader.position
        try reader.skipValue()
        members.append(start..<reader.position)
    }
    try reader.endDocument()
    return (flag, members)
}
