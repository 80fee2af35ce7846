import Lantern
import WarehouseContract

/// A warehouse with state: what each customer stored or took changes it for all.
actor StockRoom: Warehouse {
    let name = "Lantern warehouse"
    private var items = ["chair", "bike", "lamp"]
    private var history: [String] = []

    func list() -> [String] { items.sorted() }

    func store(item: String, by customer: String) {
        items.append(item)
        history.append("\(customer) stored the \(item)")
    }

    func take(item: String, by customer: String) throws {
        guard let index = items.firstIndex(of: item) else { throw OutOfStock(item: item) }
        items.remove(at: index)
        history.append("\(customer) took the \(item)")
    }

    func log(_ line: String) { history.append(line) }

    func changes() -> RemoteStream<String> { RemoteStream(history) }
}

@main
struct WarehouseService {
    static func main() async throws {
        var settings = try Settings.load()
        settings.errors = [OutOfStock.self]
        let daemon = try await Daemon(settings: settings)
        let uri = try await daemon.register(
            StockRoom(), as: (any Warehouse).self, name: "example.warehouse")
        daemon.announce(uri)
        try await daemon.runUntilTerminated()
    }
}
