import Glibc
import NIOCore

@testable import LanternWire

/// What libFuzzer calls with every input. `LANTERN_FUZZ` names what is tried: `frames` (the first byte says how to
/// cut, the rest is what a peer sends) or `extensions` (what annotations and messages of Lantern's own carry).
///
/// Nothing may trap. What is read must be written and read again as the same frame, and must not depend on how
/// the bytes arrived. Compile with `-sanitize=fuzzer,address -parse-as-library`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = unsafe UnsafeBufferPointer(start: start, count: count)
    let bytes = unsafe Array(input.dropFirst())
    if isAboutExtensions {
        unsafe fuzzExtension(ByteBuffer(bytes: bytes), kind: input[0])
        return 0
    }
    let whole = read(bytes, step: bytes.count)
    let first = unsafe input[0]
    let pieces = read(bytes, step: 1 + Int(first % 63))
    assertSame(whole, pieces, "frames depend on how their bytes arrive")
    for frame in whole { check(frame) }
    fuzzURI(bytes)
    return 0
}

private let isAboutExtensions =
    unsafe getenv("LANTERN_FUZZ").map { unsafe String(cString: $0) } == "extensions"

/// Reads all frames until the first error, from pieces of `step` bytes.
private func read(_ bytes: [UInt8], step: Int) -> [Frame] {
    var decoder = FrameDecoder(limits: FrameLimits(maximumMessage: 1 << 20, maximumInflated: 1 << 20))
    decoder.acceptsExtensions = true
    var frames: [Frame] = []
    for index in stride(from: 0, to: bytes.count, by: step) {
        var piece = ByteBuffer(bytes: bytes[index..<min(index + step, bytes.count)])
        decoder.append(&piece)
        do {
            while let frame = try decoder.next() { frames.append(frame) }
        } catch {
            return frames
        }
    }
    return frames
}

/// A frame that was read can be written, and reads back the same.
private func check(_ frame: Frame) {
    var plain = frame
    plain.flags.subtract(.compressed)
    var buffer = ByteBuffer()
    do {
        try FrameEncoder.encode(plain, into: &buffer)
    } catch {
        // v48 counts 65535 bytes of annotations, and all that were read fit into that; only sizes can grow.
        assertSame(error.code, .frameTooLarge, "a frame cannot be written: \(error)")
        return
    }
    assertSame(read(Array(buffer.readableBytesView), step: .max / 2), [plain], "a frame changes")
}

/// What the strict rules take, the lenient ones take the same way, and its text means the same.
private func fuzzURI(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let lenient = try? PyroURI(lenient: text)
    guard let strict = try? PyroURI(text) else { return }
    assertSame(lenient, strict, "strict and lenient rules differ")
    assertSame(try? PyroURI(strict.description), strict, "a URI changes")
}

private func assertSame<T: Equatable>(_ left: T, _ right: T, _ text: String) {
    guard left == right else { fatalError(text) }
}
