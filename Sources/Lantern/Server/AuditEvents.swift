import LanternTrust
import LanternValue

/// Makes audit events from the same values that decided.
enum AuditEvents {
    static func call(
        _ step: CallExecution.Step, object: String, context: CallContext, result: String, hasTarget: Bool
    ) -> AuditEvent {
        var event = event(context: context, object: object, method: step.name.policyName)
        event.decision = "permit"
        event.rule = step.permit.rule.place
        event.result = result
        if hasTarget { event.target = target(of: try? step.arguments.values().positional.first) }
        return event
    }

    /// What a call is about: its first argument, when that is a text, texts, or things with a `name`.
    private static func target(of argument: Value?) -> String {
        guard let argument else { return "" }
        if let text = argument.textValue { return text }
        let texts = (argument.elements ?? []).prefix(64).compactMap { $0.textValue ?? $0["name"]?.textValue }
        return texts.joined(separator: " ")
    }

    static func refusal(_ denial: Denial, context: CallContext) -> AuditEvent {
        var event = event(context: context, object: denial.object, method: denial.method)
        event.decision = "deny"
        event.rule = denial.rule?.place ?? ""
        event.result = denial.reason
        return event
    }

    private static func event(context: CallContext, object: String, method: String) -> AuditEvent {
        AuditEvent(
            time: wallClockMilliseconds(), actor: context.peer.identity.description,
            keyID: context.peer.keyID,
            fingerprint: hexadecimal(context.peer.certificate.fingerprint), address: context.address,
            object: object, method: method, epoch: epoch(of: context),
            correlationID: context.correlationID)
    }

    /// The trust epoch that the call was judged under: the one place where events get it from.
    static func epoch(of context: CallContext) -> UInt64 { context.call.caller.epoch?.number ?? 0 }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
