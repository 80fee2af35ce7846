public struct ValueEncoder { public init() {}; public func encode<T: Encodable>(_ value: T) throws -> Value { .none } }
public struct ValueDecoder { public init() {}; public func decode<T: Decodable>(_ type: T.Type, from: Value) throws -> T { throw ValueError.malformed("x") } }
