package import LanternValue
package import LanternWire

/// What remote objects inside the values of one connection mean: under which URI the far side finds ours, and whom
/// a received one reaches.
package protocol ReferenceScope: AnyObject, Sendable {
    /// Of the far side: its class dicts have names of their own.
    var version: WireVersion { get }

    /// The reference under which the far side can call an object.
    ///
    /// - Throws: when it cannot: not registered, or a proxy that means something on another connection only.
    func reference<Contract: Sendable>(
        to object: Contract, _ contract: RemoteContract<Contract>, in format: SerializerFormat
    ) throws -> RemoteReference

    /// The same for an object that is known to be remote.
    func reference(to proxy: RemoteProxy) throws -> RemoteReference

    /// Our own object, when the far side sent back what was handed out to it.
    func ownObject(_ reference: RemoteReference) -> (any Sendable)?

    /// An unconnected proxy that uses our own credentials and policy.
    func proxy(_ reference: RemoteReference) throws -> RemoteProxy
}

/// The scope that decoders and encoders of `Codable` values find.
enum References {
    /// Set around the coding of values on the client's side; on the server's side the call's own counts.
    @TaskLocal static var scope: (any ReferenceScope)?

    static var current: (any ReferenceScope)? { scope ?? CallContext.current?.references }

    static func required() throws -> any ReferenceScope {
        guard let current else {
            throw LanternError(
                .misuse, "remote objects can be read and written only as part of a call or its result")
        }
        return current
    }

    /// How many remote objects one argument or result may hold: each costs far more memory than its bytes.
    static let maximum = 10_000
}

extension ReferenceScope {
    /// The object that a reference means, as its contract.
    func object<Contract: Sendable>(
        _ reference: RemoteReference, _ contract: RemoteContract<Contract>
    ) throws -> Contract {
        if let own = ownObject(reference) {
            guard let object = own as? Contract else {
                throw LanternError(.serialization, "the object is no \(contract.name)")
            }
            return object
        }
        return contract.makeStub(try proxy(reference))
    }

    /// What both ends refuse alike.
    func checked(_ format: SerializerFormat) throws {
        if format == .marshal {
            throw LanternError(
                .notSupported, "marshal carries no objects; use serpent, json or msgpack")
        }
    }
}
