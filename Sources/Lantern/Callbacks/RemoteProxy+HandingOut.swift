public import LanternValue

/// Objects of ours that the far side may call over this proxy's connection.
extension RemoteProxy {
    /// Hands an object out for calls by name: the value that it gives is an argument for ``DynamicProxy``.
    ///
    /// A stub does this by itself for arguments of type `any P`. The object can be called until the connection that
    /// the proxy has now ends, or it is withdrawn; connects when there is no connection.
    ///
    /// - Throws: ``LanternError/Code/notSupported`` towards Pyro programs,
    ///   ``LanternError/Code/overloaded`` past ``ReferenceSettings/handedOut``.
    public func handOut<Contract: Sendable>(
        _ object: Contract, as type: Contract.Type, contract: RemoteContract<Contract> = #remoteContract()
    ) async throws -> Value {
        let references = try await connectedReferences()
        do {
            return try references.reference(to: object, contract, in: options.serializer)
                .value(references.version)
        } catch let unsent as CallNotSent {
            throw unsent.reason
        }
    }

    /// Takes a class instance back that was handed out over this proxy's connection: the far side can call it no
    /// more, and gets `unknown object`. Calls that run are not stopped.
    ///
    /// Structs have no identity to be known by; they are held until the connection ends.
    public func withdraw(_ object: some Sendable) {
        guard let instance = classInstance(object) else { return }
        currentReferences?.handedOut.withdraw(instance)
    }
}
