/// The format that a frame's payload claims to be in.
///
/// Numbers differ between the versions, and v502 has none for the pickle family. Whether a format is
/// accepted is not decided here.
package enum WireSerializer: Sendable, Hashable {
    case serpent, json, marshal, msgpack, pickle, cloudpickle, dill
    /// A number that the version does not define.
    case unknown(UInt16)

    package init(raw: UInt16, version: WireVersion) {
        switch (version, raw) {
        case (_, 1): self = .serpent
        case (.v48, 2), (.v502, 3): self = .json
        case (.v48, 3), (.v502, 2): self = .marshal
        case (.v48, 6), (.v502, 4): self = .msgpack
        case (.v48, 4): self = .pickle
        case (.v48, 5): self = .dill
        case (.v48, 7): self = .cloudpickle
        default: self = .unknown(raw)
        }
    }

    /// - Returns: `nil` when the version has no number for the format.
    package func raw(in version: WireVersion) -> UInt16? {
        switch (self, version) {
        case (.serpent, _): 1
        case (.json, .v48): 2
        case (.json, .v502): 3
        case (.marshal, .v48): 3
        case (.marshal, .v502): 2
        case (.msgpack, .v48): 6
        case (.msgpack, .v502): 4
        case (.pickle, .v48): 4
        case (.dill, .v48): 5
        case (.cloudpickle, .v48): 7
        case (.pickle, .v502), (.dill, .v502), (.cloudpickle, .v502): nil
        case (.unknown(let number), .v48): number
        case (.unknown(let number), .v502): number <= UInt16(UInt8.max) ? number : nil
        }
    }
}
