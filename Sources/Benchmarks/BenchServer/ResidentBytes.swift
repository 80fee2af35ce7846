import Glibc

/// Memory of this process that is in RAM, from the second number of `/proc/self/statm`, which counts pages.
func residentBytes() throws -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { throw BenchError.noMemoryFigures }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { throw BenchError.noMemoryFigures }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { throw BenchError.noMemoryFigures }
    return pages * sysconf(Int32(_SC_PAGESIZE))
}
