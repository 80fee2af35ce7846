/// Codable for use inside of other types. Only ``ValueEncoder`` and ``ValueDecoder`` know these two; other coders
/// have no form for most values, so they are refused.
extension Value: Codable {
    public init(from decoder: any Decoder) throws {
        guard let node = decoder as? NodeDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a Value needs a ValueDecoder"))
        }
        self = node.value
    }

    public func encode(to encoder: any Encoder) throws {
        guard let target = encoder as? NodeEncoder else {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: "a Value needs a ValueEncoder"))
        }
        target.node.content = .value(self)
    }
}

extension BigInteger: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let integer = BigInteger(decimal: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "expected decimal digits"))
        }
        self = integer
    }

    /// As decimal text in coders other than ``ValueEncoder``.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(decimalDescription)
    }
}
