/// One SRV record: a host and port, and when it is to be tried.
///
/// - Source: RFC 2782.
struct ServiceRecord: Sendable, Hashable {
    /// Lower ones are tried first.
    let priority: UInt16
    /// Among those of one priority, how often it comes first.
    let weight: UInt16
    let port: UInt16
    /// Without a dot at the end; empty when the domain says that it has no such service.
    let target: String

    init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }

    init(reading reader: inout DNSReader) throws(DNSAnswer.Fault) {
        priority = try reader.number()
        weight = try reader.number()
        port = try reader.number()
        target = try reader.name().joined(separator: ".")
    }

    /// The order in which hosts are tried: by priority, and within one by chance as the weights say.
    ///
    /// Records without target or port are not tried.
    static func order(
        _ records: [ServiceRecord], using generator: inout some RandomNumberGenerator
    ) -> [ServiceRecord] {
        let usable = records.filter { !$0.target.isEmpty && $0.port != 0 }
        var order: [ServiceRecord] = []
        for priority in Set(usable.map(\.priority)).sorted() {
            // Those with weight 0 stand in front, so that they have a small chance and not none.
            var rest = usable.filter { $0.priority == priority }.sorted { $0.weight < $1.weight }
            while !rest.isEmpty {
                let sum = rest.reduce(0) { $0 + Int($1.weight) }
                let drawn = Int.random(in: 0...sum, using: &generator)
                var running = 0
                let index =
                    rest.firstIndex { record in
                        running += Int(record.weight)
                        return running >= drawn
                    } ?? 0
                order.append(rest.remove(at: index))
            }
        }
        return order
    }
}
