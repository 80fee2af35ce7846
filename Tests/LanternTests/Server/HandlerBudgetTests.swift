import Lantern
import LanternWire
import Synchronization
import Testing

struct HandlerBudgetTests {
    private let gone: HandlerBudget.Waiter = { false }

    private func take(_ budget: HandlerBudget, _ waiter: @escaping HandlerBudget.Waiter = { true }) -> Bool {
        budget.tryTake(orWait: waiter)
    }

    @Test("there are as many places as there are, and one at least")
    func bounded() {
        let budget = HandlerBudget(maximum: 2)
        #expect(take(budget))
        #expect(take(budget))
        #expect(!take(budget))
        #expect(take(HandlerBudget(maximum: 0)))
    }

    @Test("places taken beyond the maximum are given back before anybody in line gets one")
    func overdrawn() {
        let budget = HandlerBudget(maximum: 2)
        #expect(take(budget))
        budget.overdraw()
        #expect(!take(budget, gone))
        budget.overdraw()
        budget.overdraw()
        #expect(budget.inUse == 4)
        budget.give()
        budget.give()
        #expect(budget.inUse == 2)
        #expect(!take(budget, gone))
        budget.give()
        budget.give()
        #expect(take(budget))
        #expect(take(budget))
        #expect(!take(budget, gone))
    }

    @Test("a place that is given back goes to the first in line, and to nobody else")
    func inLine() {
        let budget = HandlerBudget(maximum: 1)
        let order = Mutex<[Int]>([])
        #expect(take(budget))
        for number in 0..<3 {
            let waiter: HandlerBudget.Waiter = {
                order.withLock { $0.append(number) }
                return true
            }
            #expect(!take(budget, waiter))
        }
        budget.give()
        #expect(order.withLock { $0 } == [0])
        #expect(!take(budget, gone))
        budget.give()
        budget.give()
        #expect(order.withLock { $0 } == [0, 1, 2])
    }

    @Test("who is gone does not keep a place")
    func goneWaiters() {
        let budget = HandlerBudget(maximum: 1)
        #expect(take(budget))
        for _ in 0..<3 { #expect(!take(budget, gone)) }
        budget.give()
        #expect(take(budget))
    }
}
