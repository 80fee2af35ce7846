import Testing

@testable import LanternWire

struct WireSerializerTests {
    @Test(
        "numbers differ between the versions",
        arguments: [
            (WireSerializer.serpent, 1, 1), (.json, 2, 3), (.marshal, 3, 2), (.pickle, 4, nil),
            (.dill, 5, nil), (.msgpack, 6, 4), (.cloudpickle, 7, nil), (.unknown(42), 42, 42),
            (.unknown(0), 0, 0),
            (.unknown(999), 999, nil),
        ] as [(WireSerializer, UInt16, UInt16?)])
    func numbers(serializer: WireSerializer, old: UInt16, new: UInt16?) {
        #expect(serializer.raw(in: .v48) == old)
        #expect(serializer.raw(in: .v502) == new)
        #expect(WireSerializer(raw: old, version: .v48) == serializer)
        if let new { #expect(WireSerializer(raw: new, version: .v502) == serializer) }
    }

    @Test("v502 does not know the pickle family", arguments: [0, 5, 6, 7, 255] as [UInt16])
    func unknown(number: UInt16) {
        #expect(WireSerializer(raw: number, version: .v502) == .unknown(number))
    }
}
