/// A peer asks to call a method of an object.
package struct AccessRequest: Sendable, Hashable {
    package let peer: AuthenticatedPeer
    package let object: String
    package let method: String

    package init(peer: AuthenticatedPeer, object: String, method: String) {
        self.peer = peer
        self.object = object
        self.method = method
    }
}
