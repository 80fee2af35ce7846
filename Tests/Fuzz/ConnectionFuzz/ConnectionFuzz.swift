import Glibc
import LanternValue

@testable import Lantern
@testable import LanternWire

/// What libFuzzer calls with every input. `LANTERN_FUZZ` names what is tried: `server` and `client` (one end of an
/// authenticated connection, without TLS, and what a peer says there), or `references` (remote objects in values).
///
/// Nothing may trap, what is answered must be proper messages, and when the connection has ended, no handler, call
/// or stream of it may be left.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConnection(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    do {
        switch target {
        case "server": try ServerSide(first).play(Script(bytes.dropFirst()))
        case "client": try ClientSide(first).play(Script(bytes.dropFirst()))
        case "references": fuzz(reference: Array(bytes.dropFirst()), first)
        default: fatalError("no target \(target)")
        }
    } catch {
        fatalError("the scene cannot be set: \(error)")
    }
    return 0
}

private let target: String = {
    guard let name = unsafe getenv("LANTERN_FUZZ") else { fatalError("LANTERN_FUZZ is not set") }
    return unsafe String(cString: name)
}()

/// A reference that was read means the same in the words of both generations.
private func fuzz(reference bytes: [UInt8], _ first: UInt8) {
    let format = SerializerFormat.allCases[Int(first) % SerializerFormat.allCases.count]
    guard let value = try? decode(bytes, as: format), let reference = try? RemoteReference(value) else {
        return
    }
    for version in WireVersion.allCases {
        guard let written = try? encode(reference.value(version), as: format),
            let read = try? decode(written, as: format), let again = try? RemoteReference(read)
        else { fatalError("cannot read the reference that was written: \(reference)") }
        guard again.uri == reference.uri else { fatalError("a reference changes: \(reference) \(again)") }
        if let members = reference.members, again.members != members {
            fatalError("members change: \(members)")
        }
        guard let uri = try? RemoteReference(reference.uriValue(version)), uri.uri == reference.uri else {
            fatalError("a URI changes: \(reference.uri)")
        }
    }
}
