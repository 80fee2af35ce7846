import Testing

@testable import LanternNameServer

struct SortedNamesTests {
    private func names(_ sorted: SortedNames, _ prefix: String = "") -> [String] {
        var found: [String] = []
        sorted.forEach(withPrefix: ExactText(prefix)) {
            found.append($0.text)
            return true
        }
        return found
    }

    @Test("thousands of names in any order come out in order, by prefix, and go again")
    func manyNames() {
        var sorted = SortedNames()
        var random = SystemRandomNumberGenerator()
        let all = (0..<5000).map { "name.\($0)" }
        for name in all.shuffled(using: &random) + all.prefix(100) { sorted.insert(ExactText(name)) }
        #expect(names(sorted) == all.sorted { ExactText($0) < ExactText($1) })
        for prefix in ["name.1", "name.49", "name.4999", "name.", "n", "o", "a", "name.5000"] {
            #expect(Set(names(sorted, prefix)) == Set(all.filter { $0.hasPrefix(prefix) }))
        }
        for name in all.dropFirst(10).shuffled(using: &random) { sorted.remove(ExactText(name)) }
        sorted.remove(ExactText("none"))
        #expect(names(sorted) == Array(all.prefix(10)))
        for name in all.prefix(10) { sorted.remove(ExactText(name)) }
        #expect(names(sorted).isEmpty)
    }

    @Test("a visit ends when it is told to")
    func stops() {
        var sorted = SortedNames()
        for name in ["a", "b", "c"] { sorted.insert(ExactText(name)) }
        var count = 0
        sorted.forEach(withPrefix: ExactText("")) { _ in
            count += 1
            return count < 2
        }
        #expect(count == 2)
    }
}
