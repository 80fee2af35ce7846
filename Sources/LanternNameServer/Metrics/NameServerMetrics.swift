public import Lantern

extension MetricDescription {
    /// What a peer asks of a name server, in either of its objects.
    enum NameOperation: String, CaseIterable {
        case backup, count, find, grant, leases, list, lookup, owners, ping, register, release, remove, renew
        case watch, yplookup
        case setMetadata = "set-metadata"
    }

    /// What a name server asks of its store.
    enum StoreOperation: String, CaseIterable {
        case count, grant, leases, list, lookup, remove, revoke, update
        case heldNames = "held-names"
    }

    /// The metrics that a name server has beside those of its daemon.
    public static let nameServer: [MetricDescription] = [
        .init("lantern_ns_autocleaned_total", .counter, help: "Names removed because nobody answers there."),
        .init("lantern_ns_leases", .gauge, help: "Leases that have not ended."),
        .init(
            "lantern_ns_leases_expired_total", .counter, help: "Leases that ended because no heartbeat came."),
        .init("lantern_ns_names", .gauge, help: "Names in the store."),
        .init(
            "lantern_ns_names_registered_total", .counter,
            help: "Names registered, again ones included; each of a transaction counts."),
        .init("lantern_ns_names_removed_total", .counter, help: "Names removed because a peer asked for it."),
        .init(
            "lantern_ns_operations_total", .counter, labels: [.init("operation", NameOperation.allCases)],
            help: "Operations that peers asked for and the policy allowed, refused ones included."),
        .init(
            "lantern_ns_refusals_total", .counter, labels: [.init("reason", NamingError.Code.allNames)],
            help: "Operations that the rules of naming refused."),
        .init(
            "lantern_ns_store_duration_seconds", .histogram, unit: "seconds",
            labels: [.init("operation", StoreOperation.allCases)],
            help: "How long the store takes; a change of a durable one includes the disk."),
        .init(
            "lantern_ns_store_failures_total", .counter,
            labels: [.init("operation", StoreOperation.allCases)],
            help: "Operations that the store could not do because of its disk or cluster."),
        .init("lantern_ns_watchers", .gauge, help: "Open watches."),
    ]
}
