import CMalloc
import Synchronization

/// Keeps freed memory for the next large message instead of giving it back to the system at once.
///
/// A message of a megabyte lives in several buffers on its way. glibc maps such buffers freshly, or trims its heap
/// when they are freed, so that each message pays for the page faults again: two thirds of what a 1 MiB echo cost
/// when this was measured (`docs/performance.md`).
enum ProcessMemory {
    /// Blocks up to this size come from the heap: the most that glibc allows.
    private static let largestHeapBlock: Int32 = 32 << 20
    private static let isChosen = Atomic(false)

    /// Tells glibc, once for the process: the first daemon or client decides.
    ///
    /// - Parameter bytes: free memory that is kept at the end of each heap; nil leaves glibc its own rules.
    static func keep(_ bytes: Int?) {
        guard let bytes, !isChosen.exchange(true, ordering: .acquiringAndReleasing) else { return }
        _ = lantern_mallopt_mmap_threshold(largestHeapBlock)
        _ = lantern_mallopt_trim_threshold(Int32(clamping: max(0, bytes)))
    }
}
