import Glibc
import Synchronization

/// A socket that is connected already and belongs to us from now on: one end of a pair, or inherited.
///
/// It carries one connection. When that ends there is no way to make another.
final class ConnectedSocket: Sendable {
    private let descriptor: Mutex<CInt?>

    /// - Throws: ``LanternError/Code/misuse`` when it is no stream socket; it then still belongs to the caller.
    init(_ descriptor: CInt) throws {
        var type: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 else {
            throw LanternError(.misuse, "descriptor \(descriptor) is no socket")
        }
        guard type == CInt(SOCK_STREAM.rawValue) else {
            throw LanternError(.misuse, "descriptor \(descriptor) is no stream socket")
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        if let left = descriptor.withLock({ $0 }) { close(left) }
    }

    /// Hands the descriptor over, once.
    func take() throws -> CInt {
        let taken = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        guard let taken else {
            throw LanternError(
                .connectionLost,
                "the connection over the given socket has ended, and a socket carries one only"
            )
        }
        // For TCP; others know no such option.
        var isOn: CInt = 1
        setsockopt(taken, CInt(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<CInt>.size))
        return taken
    }
}
