import NIOHPACK

/// How a call ended, from the last headers of its stream.
enum GRPCStatus {
    /// - Returns: nil when all is well.
    static func error(of trailers: HPACKHeaders) -> EtcdError? {
        guard let text = trailers.first(name: "grpc-status"), let number = Int(text) else {
            return EtcdError(.protocolViolation, "etcd ended a call without saying how (no grpc-status)")
        }
        guard number != 0 else { return nil }
        return error(number, message: plain(trailers.first(name: "grpc-message") ?? ""))
    }

    /// What etcd's numbers and texts mean.
    ///
    /// - Source: etcd's `api/v3rpc/rpctypes/error.go`; the status codes of the gRPC documentation.
    static func error(_ number: Int, message: String) -> EtcdError {
        let detail = "etcd refused: \(message) (gRPC status \(number))"
        switch number {
        case 4: return EtcdError(.deadlineExceeded, "etcd did not answer in time: \(message)")
        case 5 where message.contains("lease not found"): return EtcdError(.leaseNotFound, detail)
        case 11 where message.contains("compacted"): return EtcdError(.compacted, detail)
        case 3 where message.contains("too large"), 8 where message.contains("larger than max"):
            return EtcdError(.messageTooLarge, detail)
        case 14: return EtcdError(.unreachable, "etcd is not available: \(message)")
        default: return EtcdError(.refused, detail)
        }
    }

    /// The text without percent signs and control characters, at most 256 bytes.
    static func plain(_ encoded: String) -> String {
        var bytes: [UInt8] = []
        var rest = encoded.utf8.prefix(1024)
        while let byte = rest.popFirst(), bytes.count < 256 {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                rest = rest.dropFirst(2)
                bytes.append(code)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}
