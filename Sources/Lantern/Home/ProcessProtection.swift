import CLinux
import Glibc

/// Keeps what is in this process' memory from core dumps and from other processes of the same user.
///
/// Handshake keys lie in locked pages that no core dump holds, whatever is set here. Everything else may hold secrets for
/// a while: OpenSSL's heap the TLS private key and the keys of connections, buffers what was called and answered. So
/// daemons and clients forbid dumps before they read a key, unless ``Settings/allowsDumps`` says otherwise.
public enum ProcessProtection {
    /// From now on the kernel writes no core dump of this process, and only root can attach a debugger to it or read its
    /// memory through `/proc`. For programs that handle secrets before they make a daemon or client.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when the kernel refuses.
    public static func forbidDumps() throws {
        guard lantern_set_dumpable(0) == 0 else {
            throw LanternError(
                .configuration, "core dumps cannot be forbidden: \(String(cString: strerror(errno)))")
        }
    }

    /// Whether the kernel may write a core dump of this process.
    public static var allowsDumps: Bool { lantern_is_dumpable() != 0 }
}

extension Settings {
    /// Done before a key is read into OpenSSL.
    func protectProcess() throws {
        if !allowsDumps { try ProcessProtection.forbidDumps() }
    }
}
