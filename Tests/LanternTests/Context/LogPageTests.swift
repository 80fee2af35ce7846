import Foundation
import Testing

/// `docs/logs.md` and the events in the sources.
struct LogPageTests {
    @Test("docs/logs.md has every key of metadata, and no other")
    func keys() throws {
        let root = String(#filePath.prefix(upTo: try #require(#filePath.range(of: "/Tests/")).lowerBound))
        let page = try String(contentsOfFile: root + "/docs/logs.md", encoding: .utf8)
        let table = try #require(
            page.components(separatedBy: "## Keys").last?.components(separatedBy: "\n## ").first)
        let promised = Set(table.matches(of: /\n\| `([a-z-]+)` \|/).map { String($0.1) })
        var used: Set<String> = []
        for module in ["Lantern", "LanternNameServer", "LanternEtcd", "LanternTLS"] {
            let directory = root + "/Sources/" + module
            let files = try #require(FileManager.default.enumerator(atPath: directory))
            for case let name as String in files where name.hasSuffix(".swift") {
                let text = try String(contentsOfFile: directory + "/" + name, encoding: .utf8)
                guard text.contains("metadata") else { continue }
                used.formUnion(text.matches(of: /[\[ ]"([a-z][a-z-]*)": "\\\(/).map { String($0.1) })
                used.formUnion(text.matches(of: /metadata(?:Key: |\[)"([a-z-]+)"\]/).map { String($0.1) })
            }
        }
        #expect(used.count > 20)
        #expect(used.subtracting(promised).sorted() == [], "not in docs/logs.md")
        #expect(promised.subtracting(used).sorted() == [], "nowhere used")
    }
}
