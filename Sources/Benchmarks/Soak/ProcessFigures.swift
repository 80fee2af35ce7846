import CMalloc
import Glibc

/// What the kernel says about this process.
enum ProcessFigures {
    static func now(connections: Int = 0, streams: Int = 0, handlers: Int = 0) -> SoakFigures {
        SoakFigures(
            memory: memory, heap: Int(lantern_malloc_in_use() / 1024), connections: connections,
            streams: streams, handlers: handlers,
            descriptors: descriptors)
    }

    /// Resident memory in KiB, 0 when it cannot be read.
    private static var memory: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, CInt(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * Int(getpagesize()) / 1024
    }

    private static var descriptors: Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count - 3  // ".", ".." and the directory itself.
    }
}
