import LanternTesting
import LanternTrust
import LanternValue
import Testing

@testable import Lantern

/// `String` takes the Kelvin sign for a K, so a dictionary finds what a policy rule never meant.
struct ExactNameTests {
    private static let kelvin = "\u{212A}"

    @Test("an object is found under its own bytes only")
    func objects() throws {
        let registry = ObjectRegistry()
        try registry.register(
            RegisteredObject(id: "Keys", target: Nothing(), options: ObjectOptions()), replacing: false)
        #expect(registry.object("Keys") != nil)
        #expect(registry.object(Self.kelvin + "eys") == nil)
    }

    @Test("a member is offered under its own bytes only")
    func members() {
        let members = DynamicMembers(methods: ["renewKey"], attributes: ["Key"], writableAttributes: ["K"])
        #expect(MemberName.method("renewKey").isOffered(by: members))
        #expect(!MemberName.method("renew\(Self.kelvin)ey").isOffered(by: members))
        #expect(MemberName.getAttribute("Key").isOffered(by: members))
        #expect(!MemberName.getAttribute(Self.kelvin + "ey").isOffered(by: members))
        #expect(MemberName.setAttribute("K").isOffered(by: members))
        #expect(!MemberName.setAttribute(Self.kelvin).isOffered(by: members))
    }

    private struct Nothing: ObjectTarget {
        let members = DynamicMembers(methods: [])
        func member(_ name: MemberName) -> ObjectMember { ObjectMember(name) { _, _, _ in } }
    }
}
