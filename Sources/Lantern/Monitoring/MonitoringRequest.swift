import NIOHTTP1

/// What one request asks for, or why it gets nothing: without a socket.
struct MonitoringRequest: Sendable, Hashable {
    enum Subject: String, Sendable, Hashable {
        case healthz = "/healthz"
        case readyz = "/readyz"
        case metrics = "/metrics"

        /// The method that a policy rule names.
        var method: String { self == .metrics ? "metrics" : "health" }
    }

    let subject: Subject
    /// HEAD: the answer has no body.
    let isHead: Bool

    init(subject: Subject, isHead: Bool = false) {
        self.subject = subject
        self.isHead = isHead
    }

    /// - Throws: the answer to give instead.
    init(_ head: HTTPRequestHead) throws(MonitoringAnswer) {
        guard head.method == .GET || head.method == .HEAD else {
            throw MonitoringAnswer(.methodNotAllowed, "only GET and HEAD are answered here")
        }
        isHead = head.method == .HEAD
        let length = head.headers[canonicalForm: "content-length"]
        guard head.headers["transfer-encoding"].isEmpty, length.allSatisfy({ $0 == "0" }) else {
            throw MonitoringAnswer(.payloadTooLarge, "no body is taken here")
        }
        let path = head.uri.prefix { $0 != "?" }
        guard let subject = Subject(rawValue: String(path)) else {
            throw MonitoringAnswer(.notFound, "here are /healthz, /readyz and /metrics")
        }
        self.subject = subject
    }
}

/// What goes back.
struct MonitoringAnswer: Error, Sendable {
    let status: HTTPResponseStatus
    let type: String
    let body: [UInt8]

    init(_ status: HTTPResponseStatus, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }

    /// An answer in one line of text.
    init(_ status: HTTPResponseStatus, _ text: String) {
        self.init(status, type: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    /// Head and, unless only that was asked for, body. The connection ends behind it.
    func bytes(isHead: Bool) -> [UInt8] {
        var lines = [
            "HTTP/1.1 \(status.code) \(status.reasonPhrase)", "Content-Type: \(type)",
            "Content-Length: \(body.count)", "Cache-Control: no-store", "X-Content-Type-Options: nosniff",
            "Connection: close",
        ]
        if status == .methodNotAllowed { lines.append("Allow: GET, HEAD") }
        let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        return isHead ? head : head + body
    }
}

extension MonitoringAnswer {
    /// `{"ready": false, "reasons": [{"part": "audit", "detail": "…"}], "warnings": []}`
    init(_ readiness: Readiness) {
        let list = { (reasons: [Readiness.Reason]) in
            reasons.map { "{\"part\": \(JSONLine.text($0.part)), \"detail\": \(JSONLine.text($0.detail))}" }
                .joined(separator: ", ")
        }
        let text =
            "{\"ready\": \(readiness.isReady), \"reasons\": [\(list(readiness.reasons))], "
            + "\"warnings\": [\(list(readiness.warnings))]}\n"
        self.init(
            readiness.isReady ? .ok : .serviceUnavailable, type: "application/json", body: Array(text.utf8))
    }

    init(isAlive: Bool) {
        self.init(
            isAlive ? .ok : .serviceUnavailable, type: "application/json",
            body: Array("{\"alive\": \(isAlive)}\n".utf8))
    }
}
