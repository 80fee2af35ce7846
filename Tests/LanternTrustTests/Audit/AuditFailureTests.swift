import Testing

@testable import LanternTrust

/// What the log does while the disk does not do what it should: each case with its reason, and the way back.
struct AuditFailureTests {
    private let directory: AuditDirectory
    private let storage = MemoryStorage()

    init() throws { directory = try AuditDirectory() }

    private func open(deadline: Duration = .seconds(5)) throws -> AuditLog {
        try AuditLog(storage: storage, key: makeKey(directory), deadline: deadline)
    }

    @Test(
        "while the disk refuses, events and operations are refused with its reason, and health is red",
        arguments: ["No space left on device", "Input/output error", "Read-only file system"])
    func refusals(reason: String) async throws {
        let log = try open()
        try await log.record(event(0))
        #expect(log.health.isGood)
        storage.refuse(reason)
        for number in 1...3 {
            let error = await #expect(throws: AuditError.self) { try await log.record(event(number)) }
            #expect(error?.detail.contains(reason) == true)
        }
        let refusal = #expect(throws: AuditError.self) { try log.admit() }
        #expect(refusal?.detail.contains(reason) == true)
        #expect(!log.health.isGood)
        storage.allowWrites(nil)
        try await log.record(event(4))
        #expect(log.health.isGood)
        try log.admit()
        await log.close()
        let report = try AuditLog.verify(storage: storage, verifier: makeKey(directory).verifier)
        #expect(report.isIntact)
        #expect(report.size >= 2)
    }

    @Test("the log finds out by itself that the disk works again")
    func recovery() async throws {
        let log = try open()
        storage.refuse("No space left on device")
        await #expect(throws: AuditError.self) { try await log.record(event(0)) }
        storage.allowWrites(nil)
        let limit = ContinuousClock.now + .seconds(20)
        while !log.health.isGood, ContinuousClock.now < limit { await Task.yield() }
        #expect(log.health.isGood)
        await log.close()
    }

    @Test("a disk that does not answer costs no caller more than the deadline")
    func stuck() async throws {
        let deadline = Duration.milliseconds(400)
        let log = try open(deadline: deadline)
        storage.hold()
        let began = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let error = await #expect(throws: AuditError.self) { try await log.record(event(number)) }
                    #expect(error?.code == .stuck)
                }
            }
        }
        // The disk answers when the test lets it, which is later; how much later than the deadline is the machine's.
        #expect(ContinuousClock.now - began < .seconds(30))
        #expect(!log.health.isGood)
        // From now on nobody waits at all.
        let error = await #expect(throws: AuditError.self) { try await log.record(event(20)) }
        #expect(error?.code == .stuck)
        #expect(throws: AuditError.self) { try log.admit() }
        storage.letGo()
        let limit = ContinuousClock.now + .seconds(20)
        while !log.health.isGood, ContinuousClock.now < limit { await Task.yield() }
        try await log.record(event(21))
        await log.close()
        #expect(try AuditLog.verify(storage: storage, verifier: makeKey(directory).verifier).isIntact)
    }
}
