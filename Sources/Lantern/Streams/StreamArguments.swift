public import LanternValue
import Synchronization

/// The item streams that came as arguments of a call; each may be taken once.
///
/// In place of such an argument a map travels: `{"__class__": "lantern.ItemStream", "index": 0}`, the place of the
/// stream's number in the call's annotation LSTR. Streams that nobody takes are stopped when the call is over.
package final class StreamArguments: Sendable {
    private let readers: Mutex<[PushedReader?]>
    private let refusal: LanternError?

    init(_ readers: [PushedReader]) {
        self.readers = Mutex(readers)
        refusal = nil
    }

    /// There were too many.
    init(refusing refusal: LanternError) {
        readers = Mutex([])
        self.refusal = refusal
    }

    func take(_ placeholder: Value) throws -> PushedReader {
        guard placeholder["__class__"]?.textValue == Self.className,
            let index = placeholder["index"]?.intValue
        else { throw ValueError.wrongType(expected: "an item stream", found: "\(placeholder.kind)") }
        if let refusal { throw refusal }
        return try readers.withLock { readers in
            guard readers.indices.contains(index), let reader = readers[index] else {
                throw ValueError(
                    .badCall, "no item stream came with the call under that index, or twice the same")
            }
            readers[index] = nil
            return reader
        }
    }

    static func placeholder(_ index: Int) -> Value {
        .map([
            ValuePair("__class__", .text(className)), ValuePair("index", .int(Int64(index))),
        ])
    }

    private static let className = "lantern.ItemStream"

    /// The stream behind an argument of the call that is being served.
    static func take(_ placeholder: Value) throws -> PushedReader {
        guard let streams = CallContext.current?.streams else {
            throw ValueError.wrongType(expected: "an item stream", found: "\(placeholder.kind)")
        }
        return try streams.take(placeholder)
    }
}

extension ArgumentReader {
    /// The stream that the caller gives for the next parameter; its items are asked for when it is read.
    public mutating func next<T: RemoteCodable>(
        _ name: String, as type: RemoteStream<T>.Type = RemoteStream<T>.self
    ) throws -> RemoteStream<T> {
        let placeholder: Value = try next(name)
        return ItemReading<T>.remoteCodable.stream(try StreamArguments.take(placeholder))
    }

    /// The same for items that are `Codable` only.
    @_disfavoredOverload
    public mutating func next<T: Decodable & Sendable>(
        _ name: String, as type: RemoteStream<T>.Type = RemoteStream<T>.self
    ) throws -> RemoteStream<T> {
        let placeholder: Value = try next(name)
        return ItemReading<T>.decodable.stream(try StreamArguments.take(placeholder))
    }
}

extension DynamicArguments {
    /// The item stream behind an argument of this call; each may be taken once.
    ///
    /// - Throws: ``ValueError/Code/wrongType`` when the argument is something else.
    public func stream(_ argument: Value) throws -> RemoteStream<Value> {
        ItemReading<Value>.remoteCodable.stream(try StreamArguments.take(argument))
    }
}
