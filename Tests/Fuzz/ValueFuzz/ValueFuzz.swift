import Glibc

@testable import LanternValue

/// What libFuzzer calls with every input. `LANTERN_FUZZ` names what is tried: a serializer, `calls` or `blobs`.
///
/// Nothing may trap. What is read must also be passed over, and what can be written again must read the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzValues(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let format {
        fuzz(document: bytes, format)
    } else if let first = bytes.first {
        let formats = SerializerFormat.allCases
        let rest = Array(bytes.dropFirst())
        if target == "blobs" {
            let size = min(rest.count, Int(first >> 2) * 4)
            let format = formats[Int(first) % formats.count]
            fuzz(blob: Array(rest.dropFirst(size)), named: Array(rest.prefix(size)), format)
        } else {
            fuzz(call: rest, formats[Int(first) % formats.count])
        }
    }
    return 0
}

private let target: String = {
    guard let name = unsafe getenv("LANTERN_FUZZ") else { fatalError("LANTERN_FUZZ is not set") }
    return unsafe String(cString: name)
}()

/// The serializer to try; `nil` for calls and blobs.
private let format: SerializerFormat? = {
    if target == "calls" || target == "blobs" { return nil }
    guard let format = SerializerFormat(rawValue: target) else { fatalError("no serializer \(target)") }
    return format
}()

private func fuzz(document bytes: [UInt8], _ format: SerializerFormat) {
    readTypes(bytes, format)
    guard let value = try? decode(bytes, as: format) else { return }
    guard skips(bytes, format) else { fatalError("a document can be read but not passed over") }
    _ = ExceptionRecord(value)?.message
    guard let written = try? encode(value, as: format) else { return }
    guard let again = try? decode(written, as: format) else {
        // Serpent writes bytes as a map, also where nobody can read one: here as in Python.
        guard format == .serpent, hasBytesAsKey(value) else { fatalError("cannot read what was written") }
        return
    }
    let (expected, found) = (normal(value, format), normal(again, format))
    guard expected == found else { fatalError("a value changes: \(expected) \(found)") }
    // Not all of it can be read again: a set of bytes, say, is a set of maps in serpent, here as in Python.
    for other in SerializerFormat.allCases where other != format {
        if let written = try? encode(value, as: other) { _ = try? decode(written, as: other) }
    }
}

/// One form for all values that come back as the same: the text formats write bytes as a map.
private func normal(_ value: Value, _ format: SerializerFormat) -> Value {
    switch value {
    case .bytes(let bytes) where format == .serpent || format == .json:
        .map([ValuePair("data", .text(Base64.encode(bytes))), ValuePair("encoding", "base64")])
    case .float(let number) where number.isNaN: .float(.nan)
    // A sum, to Python as to us: the sign of a zero gets lost in it.
    case .complex(let real, let imaginary) where format == .serpent:
        .complex(real: real + 0, imaginary: imaginary + 0)
    case .set([]) where format == .serpent, .frozenSet([]) where format == .serpent: .tuple([])
    case .list(let members): .list(members.map { normal($0, format) })
    case .tuple(let members): .tuple(members.map { normal($0, format) })
    case .set(let members): .set(members.map { normal($0, format) })
    case .frozenSet(let members): .frozenSet(members.map { normal($0, format) })
    case .map(let pairs): .map(pairs.map { ValuePair(normal($0.key, format), normal($0.value, format)) })
    default: value
    }
}

/// Whether bytes are a map key or a set member, also inside a tuple that is one.
private func hasBytesAsKey(_ value: Value) -> Bool {
    func isOrHoldsBytes(_ key: Value) -> Bool {
        switch key {
        case .bytes: true
        case .tuple(let members), .frozenSet(let members): members.contains(where: isOrHoldsBytes)
        default: hasBytesAsKey(key)
        }
    }
    return switch value {
    case .set(let members), .frozenSet(let members): members.contains(where: isOrHoldsBytes)
    case .list(let members), .tuple(let members): members.contains(where: hasBytesAsKey)
    case .map(let pairs): pairs.contains { isOrHoldsBytes($0.key) || hasBytesAsKey($0.value) }
    default: false
    }
}

private func skips(_ bytes: [UInt8], _ format: SerializerFormat) -> Bool {
    do {
        var reader = try ValueReader(format: format, bytes: bytes)
        try reader.skipValue()
        try reader.endDocument()
        return true
    } catch {
        return false
    }
}

/// The static path: each type that a method could ask for.
private func readTypes(_ bytes: [UInt8], _ format: SerializerFormat) {
    func read<T: RemoteCodable>(_ type: T.Type) {
        do {
            var reader = try ValueReader(format: format, bytes: bytes)
            _ = try T(from: &reader)
            try reader.endDocument()
        } catch {}
    }
    read(Int.self)
    read(UInt8.self)
    read(Double.self)
    read(Float.self)
    read(Bool?.self)
    read(String.self)
    read(BigInteger.self)
    read([UInt8].self)
    read([[Int]].self)
    read([String: [Value]].self)
    read([Int: Value?].self)
    read(Set<String>.self)
}

private struct Order: Codable {
    let item: String
    let count: Int8?
    let parts: [Order]?
}

private func fuzz(call bytes: [UInt8], _ format: SerializerFormat) {
    guard let call = try? CallEnvelope(reading: bytes, format: format) else { return }
    _ = try? readArguments(call.arguments)
    for item in (try? call.batchItems(maximum: 100)) ?? [] {
        _ = try? readArguments(item.arguments)
        _ = try? item.arguments.values()
    }
    guard let arguments = try? call.arguments.values() else { return }
    check(call, arguments.positional, arguments.keywords)
}

/// What is passed on undecoded, and the annotation that says to whom.
private func fuzz(blob body: [UInt8], named annotation: [UInt8], _ format: SerializerFormat) {
    for version: UInt16 in [502, 48] {
        guard
            let blob = try? BlobCall(
                annotation: annotation, body: body, format: format, version: version, limits: .init())
        else { continue }
        _ = try? blob.namesAgree()
        if let received = try? SerializedBlob(received: blob) { _ = try? received.deserialized() }
        if let call = try? CallEnvelope(blob: blob) {
            _ = try? readArguments(call.arguments)
            _ = try? call.arguments.values()
        }
    }
}

private func readArguments(_ arguments: UnopenedArguments) throws {
    var reader = ArgumentReader(opening: arguments)
    _ = try? reader.next("a", as: String.self)
    _ = try? reader.next("b", as: [Int].self)
    _ = try? reader.next("order", as: Order.self)
    _ = try? reader.next("d", as: Value?.self)
    try reader.finish()
}

/// A call that was read can be written, and reads back the same.
private func check(_ call: CallEnvelope, _ positional: [Value], _ keywords: [(String, Value)]) {
    let format = call.arguments.reader.format
    var bytes: [UInt8] = []
    do {
        var writer = try CallWriter(
            format: format, object: call.object, method: call.method, argumentCount: positional.count)
        for value in positional { try writer.arguments.write(value) }
        bytes = try writer.finish(keywords: keywords)
    } catch {
        return
    }
    guard let again = try? CallEnvelope(reading: bytes, format: format),
        let arguments = try? again.arguments.values()
    else { fatalError("cannot read the call that was written") }
    let before = (positional + keywords.map(\.1)).map { normal($0, format) }
    let after = (arguments.positional + arguments.keywords.map(\.1)).map { normal($0, format) }
    guard again.object == call.object, again.method == call.method, before == after,
        arguments.keywords.map(\.0) == keywords.map(\.0)
    else { fatalError("a call changes") }
}
