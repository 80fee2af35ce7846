import LanternWire
import NIOCore
import Testing

/// The rules of W3C Trace Context, from both sides.
struct TraceContextTests {
    private static let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func parses(_ parent: String) -> Bool { TraceContext(parent: parent, state: String?.none) != nil }

    @Test(
        "parents that follow the rules",
        arguments: [
            good, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like",
            "00-00000000000000000000000000000001-0000000000000001-00",
        ])
    func parents(_ parent: String) { #expect(parses(parent)) }

    @Test(
        "parents that do not",
        arguments: [
            "", "00", good.uppercased(), "ff" + good.dropFirst(2), "x" + good.dropFirst(),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", good + "-01", good + "x",
            String(good.dropLast()), " " + good, good + " ",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-\n",
            "01" + good.dropFirst(2) + "-" + String(repeating: "x", count: 73),
            "00-4bf92f3577b34da6a3ce929d0e0e473ü-00f067aa0ba902b7-1",
        ])
    func badParents(_ parent: String) { #expect(!parses(parent)) }

    private func state(_ text: String) -> String? { TraceContext(parent: Self.good, state: text)?.state }

    @Test(
        "states that follow the rules",
        arguments: [
            "rojo=00f067aa0ba902b7", "rojo=1,congo=t61rcWkgMzE", "fw529a3039@dt=FfffffffFfff~!", "a=b ,\tc=d",
            "a=b,,c=d", "a=" + String(repeating: "v", count: 256), String(repeating: "k", count: 256) + "=v",
            "0t@s=1", "a_-*/=x",
            String(repeating: "t", count: 241) + "@" + String(repeating: "s", count: 14) + "=v",
            (0..<32).map { "k\($0)=v" }.joined(separator: ","),
        ])
    func states(_ text: String) { #expect(state(text) == text) }

    @Test(
        "states that do not are dropped, and the parent stays",
        arguments: [
            "", ",", "a", "=", "a=", "=b", "A=b", "0a=b", "a=b=c", "a=b,a=c", "a@=b", "@a=b", "a@b@c=d",
            "ä=b",
            "a=ü", "a=\u{1}", "a=" + String(repeating: "v", count: 257),
            String(repeating: "k", count: 257) + "=v", "t@0s=1",
            String(repeating: "t", count: 242) + "@s=v", "t@" + String(repeating: "s", count: 15) + "=v",
            (0..<33).map { "k\($0)=v" }.joined(separator: ","),
            "a=" + String(repeating: "v", count: 250) + ",b=" + String(repeating: "v", count: 256) + ",c=d",
        ])
    func badStates(_ text: String) {
        #expect(state(text) == nil)
        #expect(TraceContext(parent: Self.good, state: text)?.parent == Self.good)
    }

    @Test("512 bytes of state are taken, one more is not")
    func stateSize() {
        let full = "a=" + String(repeating: "v", count: 250) + ",b=" + String(repeating: "v", count: 256)
        #expect(full.utf8.count == 511)
        #expect(state(full + ",") != nil)
        #expect(state(full + ",,") == nil)
    }

    @Test("both travel as annotations, and come back")
    func annotations() {
        var annotations = Annotations()
        #expect(TraceContext(annotations) == nil)
        let context = TraceContext(parent: Self.good, state: "a=b")
        context?.write(into: &annotations)
        #expect(annotations.entries.map(\.tag.description) == ["LNTP", "LNTS"])
        #expect(annotations.entries.allSatisfy { $0.tag.isReserved })
        #expect(TraceContext(annotations) == context)
        TraceContext(parent: Self.good, state: String?.none)?.write(into: &annotations)
        #expect(annotations.entries.map(\.tag.description) == ["LNTP"])
        annotations[.traceState] = ByteBuffer(string: "a=b," + String(repeating: "x", count: 600))
        #expect(TraceContext(annotations)?.state == nil)
        annotations[.traceParent] = ByteBuffer(bytes: [0xFF, 0xFE])
        annotations[.traceState] = ByteBuffer(string: "a=b")
        #expect(TraceContext(annotations) == nil, "without a parent there is no state")
    }
}
