/// The serializers that Lantern speaks: the four of Pyro that carry data only.
///
/// The numbers that they have on the wire differ between the Pyro generations and belong to `LanternWire`.
public enum SerializerFormat: String, Sendable, Hashable, CaseIterable, Codable {
    case serpent
    case json
    case marshal
    case msgpack
}
