/// What ``remoteContract()`` finds when `@Remote` wrote nothing for a type: a compile-time error that says why.
///
/// `@Remote` writes one overload of this function beside each protocol, told apart by the result. `#remoteContract()`
/// expands to a call of it where the contract is wanted, and overload resolution does the rest: nothing is looked up
/// at run time, so nothing can be missing then.
@available(
    *, unavailable,
    message: "no contract for this type: mark its protocol with @Remote and correct what that reports"
)
public func _remoteContract<Contract>() -> RemoteContract<Contract> {
    fatalError("unavailable: the compiler refuses every call")
}
