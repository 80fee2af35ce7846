import Glibc

/// The system's word that something changed in a directory (inotify). Without it there is still the regular look.
///
/// Belongs to one thread.
final class DirectoryWatch {
    /// Negative when the system has no more watches to give.
    let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    private var watched: [String: Int32] = [:]

    private static let events =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_CREATE)
        | UInt32(IN_DELETE) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
        | UInt32(IN_ONLYDIR)

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Watches these directories and no others. A path that leads to another directory now is watched anew; one that
    /// is not there is tried again the next time.
    func watch(_ directories: Set<String>) {
        guard descriptor >= 0 else { return }
        for (path, number) in watched where !directories.contains(path) {
            watched[path] = nil
            release(number)
        }
        for path in directories {
            let number = inotify_add_watch(descriptor, path, Self.events)
            let old = watched[path]
            guard number != old else { continue }
            watched[path] = number >= 0 ? number : nil
            if let old { release(old) }
        }
    }

    /// Two paths may lead to one directory, which has one number.
    private func release(_ number: Int32) {
        if !watched.values.contains(number) { inotify_rm_watch(descriptor, number) }
    }

    /// Takes all events; which they are does not matter.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while read(descriptor, &buffer, buffer.count) > 0 {}
    }
}
