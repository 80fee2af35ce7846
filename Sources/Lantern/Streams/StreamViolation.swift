/// What a peer did with a pushed stream that the rules do not allow; its connection ends.
package enum StreamViolation: Error, Sendable, Hashable {
    /// A number that nobody has opened.
    case unknownStream(UInt32)
    /// A message about a stream of the other side that only its reader may send, or the reverse.
    case wrongDirection(UInt32)
    /// Items behind the end of their stream.
    case itemsAfterEnd(UInt32)
    /// More items than the reader gave credit for.
    case tooManyItems(stream: UInt32, sent: Int, credit: Int)
    /// Several items that are larger together than the credit: only a single one may exceed it.
    case tooManyBytes(stream: UInt32, sent: Int, credit: Int)
    /// An item over ``StreamLimits/itemSize``.
    case itemTooLarge(stream: UInt32, size: Int, maximum: Int)
    /// Credit that adds up to more than anyone could mean.
    case creditOverflow(UInt32)
    /// Credit for nothing.
    case emptyCredit(UInt32)
    /// A new stream with a number of the other side, or one that is not higher than those before.
    case numberTaken(UInt32)
    /// Items in another serializer than that of the call which opened the stream.
    case otherSerializer(UInt32)
    /// A result that brings another number of streams than one.
    case notOneStream(Int)
}

extension StreamViolation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownStream(let stream): "no item stream has the number \(stream)"
        case .wrongDirection(let stream): "that message goes the other way on item stream \(stream)"
        case .itemsAfterEnd(let stream): "items behind the end of item stream \(stream)"
        case .tooManyItems(let stream, let sent, let credit):
            "\(sent) items on item stream \(stream), which has credit for \(credit)"
        case .tooManyBytes(let stream, let sent, let credit):
            "items of \(sent) bytes on item stream \(stream), which has credit for \(credit)"
        case .itemTooLarge(let stream, let size, let maximum):
            "an item of \(size) bytes on item stream \(stream), \(maximum) are allowed"
        case .creditOverflow(let stream): "credit overflow on item stream \(stream)"
        case .emptyCredit(let stream): "credit for nothing on item stream \(stream)"
        case .numberTaken(let stream): "\(stream) cannot be the number of a new item stream"
        case .otherSerializer(let stream): "items in another serializer on item stream \(stream)"
        case .notOneStream(let count): "a result that brings \(count) item streams"
        }
    }
}
