import Lantern
import WarehouseContract

/// Visits the warehouse and tells, line by line, what each kind of call did.
@main
struct WarehouseClient {
    static func main() async throws {
        var settings = try Settings.load()
        settings.errors = [OutOfStock.self]
        let client = try Client(settings: settings)
        let warehouse = try client.proxy((any Warehouse).self, "PYRONAME:example.warehouse")

        report("attribute", try await warehouse.name)
        report("plain call", try await warehouse.list().joined(separator: " "))
        try await warehouse.store(item: "sofa", by: "swift")
        report("labelled arguments", "stored the sofa")
        do {
            try await warehouse.take(item: "moon", by: "swift")
            report("error", "none came")
        } catch let error as OutOfStock {
            report("error", "OutOfStock: \(error.item)")
        }
        try await warehouse.log("swift says hello")
        report("one-way", "sent")

        var batch = try client.dynamicProxy("PYRONAME:example.warehouse").batch()
        batch.add("store", "table", keywords: ["by": "swift"])
        batch.add("take", "bike", "swift")
        batch.add("list")
        let results = try await batch.run()
        report(
            "batch",
            results.compactMap { try? $0.get().elements }.flatMap { $0 }.compactMap(\.textValue).joined(
                separator: " "))

        var lines: [String] = []
        for try await line in try await warehouse.changes() { lines.append(line) }
        report("item stream", lines.joined(separator: "; "))
        await client.shutdown()
    }

    private static func report(_ what: String, _ result: String) {
        print("\(what)\t\(result)")
    }
}
