package import LanternTrust

/// What a connection's calls have in common: one reference instead of many in each call's context.
package final class Caller: Sendable {
    package let peer: AuthenticatedPeer
    package let address: String
    package let isLantern: Bool
    package let connection: ConnectionID
    /// What lives as long as the connection.
    package let scope: InstanceScope
    package let classes: ClassTable?
    /// Whether a stream as result is pushed.
    package let pushesStreams: Bool
    /// What remote objects in arguments and results mean.
    package let references: (any ReferenceScope)?
    /// When the connection was judged last.
    package let epoch: EpochStamp?

    package init(
        peer: AuthenticatedPeer, address: String, isLantern: Bool, connection: ConnectionID,
        scope: InstanceScope, classes: ClassTable?, pushesStreams: Bool, references: (any ReferenceScope)?,
        epoch: EpochStamp? = nil
    ) {
        self.epoch = epoch
        self.peer = peer
        self.address = address
        self.isLantern = isLantern
        self.connection = connection
        self.scope = scope
        self.classes = classes
        self.pushesStreams = pushesStreams
        self.references = references
    }
}

extension CallContext {
    package var connection: ConnectionID { call.caller.connection }
    package var scope: InstanceScope { call.caller.scope }
    package var classes: ClassTable? { call.caller.classes }
    package var streams: StreamArguments? { call.streams }
    package var correlation: CorrelationID { call.correlation }
    package var references: (any ReferenceScope)? { call.caller.references }
}
