import Glibc
import Synchronization

/// What a sanitizer must say about a few lines: `locked` nothing, `unlocked` a race, `freed` a use of freed memory,
/// `sound` nothing.
@main
enum SelfCheck {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "locked": run { shelf.put($0) }
        case "unlocked": run { shelf.putCarelessly($0) }
        case "sound": print(touch(beforeFreeing: true))
        case "freed": print(touch(beforeFreeing: false))
        default: exit(64)
        }
    }

    private static let shelf = Shelf()

    /// Some threads at once, so that they wait for each other.
    private static func run(_ body: @escaping @Sendable (Int) -> Void) {
        var threads: [pthread_t] = []
        for _ in 0..<4 {
            var thread = pthread_t()
            let box = Unmanaged.passRetained(Body(body))
            let status = unsafe pthread_create(
                &thread, nil,
                { box in
                    guard let box else { return nil }
                    let body = unsafe Unmanaged<Body>.fromOpaque(box).takeRetainedValue()
                    for number in 0..<20_000 { body.call(number) }
                    return nil
                }, box.toOpaque())
            guard status == 0 else { exit(71) }
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
    }

    private static func touch(beforeFreeing: Bool) -> Int {
        let memory = UnsafeMutablePointer<Int>.allocate(capacity: 4)
        unsafe memory.initialize(repeating: 7, count: 4)
        if beforeFreeing {
            defer { unsafe memory.deallocate() }
            return unsafe memory[3]
        }
        unsafe memory.deallocate()
        return unsafe memory[3]
    }
}

private final class Body: Sendable {
    let call: @Sendable (Int) -> Void

    init(_ call: @escaping @Sendable (Int) -> Void) { self.call = call }
}

private final class Shelf: Sendable {
    private let guarded = Mutex<[Int]>([])
    /// What this program is about: nothing guards it.
    nonisolated(unsafe) private var bare = 0

    func put(_ number: Int) {
        guarded.withLock { numbers in
            numbers.append(number)
            if numbers.count > 10 { numbers = [] }
        }
    }

    func putCarelessly(_ number: Int) {
        unsafe bare += number
    }
}
