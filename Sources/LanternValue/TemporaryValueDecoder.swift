public struct ValueDecoder: Sendable {
    public init() {}
    public func decode<T: Decodable>(_ type: T.Type, from value: Value) throws -> T {
        throw ValueError(.unsupported, "not written yet")
    }
}
