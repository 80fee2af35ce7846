extension MetricDescription {
    /// Why a connection was refused before or at its handshake.
    enum HandshakeReason: String, CaseIterable {
        case authentication, distrusted, limit, malformed, program, timeout, tls
        case unknownObject = "unknown-object"
    }

    /// Why a call was not run.
    enum CallReason: String, CaseIterable {
        case malformed, other, policy, quota, serializer
        case tooLarge = "too-large"
        case unknownMember = "unknown-member"
        case unknownObject = "unknown-object"
    }

    /// How a call that was run ended.
    enum CallResult: String, CaseIterable {
        case cancelled, error, ok
    }

    /// The metrics of every daemon.
    public static let daemon: [MetricDescription] = [
        .init(
            "lantern_audit_failing", .gauge,
            help: "1 while the audit log cannot be written and audited operations are refused."),
        .init(
            "lantern_audit_oldest_waiting_seconds", .gauge, unit: "seconds",
            help: "How long the oldest event has waited for the disk."),
        .init(
            "lantern_audit_record_duration_seconds", .histogram, unit: "seconds",
            help: "From an event of a call to its being durable in the audit log."),
        .init(
            "lantern_audit_waiting", .gauge, help: "Events that wait for the disk before they are answered."),
        .init(
            "lantern_call_duration_seconds", .histogram, unit: "seconds",
            help: "From the arrival of a call to its answer, the audit log's part included."),
        .init(
            "lantern_calls_refused_total", .counter, labels: [.init("reason", CallReason.allCases)],
            help: "Calls that were not run."),
        .init("lantern_calls_running", .gauge, help: "Handlers that run, in all connections together."),
        .init(
            "lantern_calls_total", .counter, labels: [.init("result", CallResult.allCases)],
            help: "Calls that were run and have ended; a batch is one."),
        .init(
            "lantern_connections", .gauge, labels: [.init("state", ["open", "pending"])],
            help: "Connections: authenticated ones, and those whose handshake is under way."),
        .init(
            "lantern_connections_accepted_total", .counter,
            help: "Connections that were accepted, before anything is known of them."),
        .init(
            "lantern_connections_distrusted_total", .counter,
            help: "Open connections that were ended because their peer passes no more."),
        .init(
            "lantern_connections_refused_total", .counter,
            labels: [.init("limit", ConnectionCensus.Refusal.allCases)],
            help: "Connections over a limit."),
        .init(
            "lantern_handshakes_refused_total", .counter,
            labels: [.init("reason", HandshakeReason.allCases)],
            help: "Connections that ended before their peer was authenticated and let in."),
        .init("lantern_handshakes_total", .counter, help: "Peers that were authenticated and let in."),
        .init(
            "lantern_policy_trial_total", .counter, labels: [.init("next", ["allow", "deny"])],
            help: "Calls that the rules of policy-next.yaml would decide otherwise."),
        .init(
            "lantern_received_bytes_total", .counter, unit: "bytes",
            help: "Bytes of messages that came, without those of TLS."),
        .init(
            "lantern_sent_bytes_total", .counter, unit: "bytes",
            help: "Bytes of messages that were sent, without those of TLS."),
        .init(
            "lantern_trust_epoch", .gauge,
            help: "The number of the set of certificates, keys, lists and policy in force; 1 is the first."),
        .init(
            "lantern_trust_health", .gauge,
            help: "How certificates, keys and lists stand: 0 green, 1 amber, 2 red."),
    ]
}

extension MetricDescription.Label {
    /// All values of a closed set.
    package init<Value: RawRepresentable>(_ name: String, _ values: [Value]) where Value.RawValue == String {
        self.init(name, values.map(\.rawValue))
    }
}
