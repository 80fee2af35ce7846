internal import CSodium
internal import Glibc

/// Secret bytes in memory of their own: locked, absent from core dumps, fenced by guard pages, wiped when given back.
///
/// Has no description and no way to the bytes other than ``withBytes(_:)``.
final class SecretBytes: @unchecked Sendable {
    // sodium_malloc'ed, owned by this object alone. Sendable: written only in `init`, before anybody else
    // can see the object, and read-only memory after that.
    private let memory: UnsafeMutablePointer<UInt8>
    let count: Int

    /// Makes room for `count` bytes and lets `fill` write them.
    ///
    /// - Returns: `nil` when `fill` returns `false`.
    /// - Throws: ``TrustError/Code/sodiumUnavailable`` when there is no memory, or it cannot be locked.
    init?(count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) -> Bool) throws(TrustError) {
        try Sodium.require()
        guard let memory = sodium_malloc(count) else {
            throw TrustError(
                .sodiumUnavailable, "no memory for a secret; is `ulimit -l` or the memory used up?")
        }
        self.memory = memory.bindMemory(to: UInt8.self, capacity: count)
        self.count = count
        // libsodium left the pages out of core dumps, and has tried to lock them; only asking again tells whether it
        // could. Must come before the first byte of the secret.
        guard mlock(memory, count) == 0 else {
            throw TrustError(
                .sodiumUnavailable,
                "memory for a secret cannot be locked (\(String(cString: strerror(errno)))); raise `ulimit -l`, "
                    + "in a systemd unit LimitMEMLOCK")
        }
        guard fill(self.memory) else { return nil }
        sodium_mprotect_readonly(memory)
    }

    /// A new secret of random bytes.
    ///
    /// - Throws: ``TrustError/Code/sodiumUnavailable`` when there is no memory.
    static func random(count: Int) throws(TrustError) -> SecretBytes {
        let secret = try SecretBytes(count: count) { room in
            randombytes_buf(room, count)
            return true
        }
        guard let secret else { throw TrustError(.sodiumUnavailable, "no random bytes") }
        return secret
    }

    /// Reads standard base64 straight into locked memory; `nil` unless it is exactly `count` bytes of it.
    convenience init?(base64 text: UnsafeBufferPointer<UInt8>, count: Int) throws(TrustError) {
        try self.init(count: count) { room in
            var length = 0
            let result = text.withMemoryRebound(to: CChar.self) { text in
                sodium_base642bin(
                    room, count, text.baseAddress, text.count, nil, &length, nil,
                    sodium_base64_VARIANT_ORIGINAL)
            }
            return result == 0 && length == count
        }
    }

    // Also runs when `fill` said no: all stored properties are set by then.
    deinit { sodium_free(memory) }

    /// The bytes must not be kept beyond the call.
    func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        body(UnsafeBufferPointer(start: memory, count: count))
    }

    /// As ``withBytes(_:)``, for C functions that know the length.
    func withPointer<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R { body(memory) }

    /// Whether both are the same, in a time that tells only their lengths.
    func equals(_ other: SecretBytes) -> Bool {
        count == other.count && sodium_memcmp(memory, other.memory, count) == 0
    }
}
