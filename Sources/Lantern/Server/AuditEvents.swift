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
        if hasTarget { event.target = (try? step.arguments.values().positional.first?.textValue) ?? "" }
        return event
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
            object: object, method: method, correlationID: context.correlationID)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
