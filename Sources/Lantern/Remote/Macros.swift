/// Makes a protocol the contract and the allowlist of a remote object.
///
/// Writes, beside the protocol, a stub `<Protocol>Stub` that conforms to it and sends each call to the far side, and
/// the static dispatch table a daemon calls through. What the protocol does not declare cannot be reached.
///
/// ```swift
/// @Remote
/// protocol Warehouse: Sendable {
///     func store(item: String, by customer: String) async throws
///     @Oneway func log(_ line: String) async throws
///     func changes() async throws -> RemoteStream<String>
///     var name: String { get async throws }
/// }
/// ```
///
/// The protocol stands at file scope and inherits `Sendable` and nothing else; its requirements are `async throws`
/// methods and read-only `async throws` properties. Anything that cannot travel is an error at compile time.
@attached(peer, names: suffixed(Stub), named(_remoteContract))
public macro Remote() = #externalMacro(module: "LanternMacros", type: "RemoteMacro")

/// Sends a call without waiting for an answer: for methods without a result in a `@Remote` protocol.
///
/// The caller learns that the call was sent, never that it was done: errors of the far side stay there.
@attached(peer)
public macro Oneway() = #externalMacro(module: "LanternMacros", type: "OnewayMacro")

/// Gives a method or property of a `@Remote` protocol another name on the wire.
///
/// - Parameter name: a string literal that is an identifier and does not begin with an underscore.
@attached(peer)
public macro Name(_ name: String) = #externalMacro(module: "LanternMacros", type: "NameMacro")

/// The contract that `@Remote` wrote for a protocol, found at compile time.
///
/// Meant as a default argument: `contract: RemoteContract<Contract> = #remoteContract()` is expanded where the function
/// is called, so a protocol without `@Remote` does not compile. A generic caller passes its contract on.
@freestanding(expression)
public macro remoteContract<Contract>() -> RemoteContract<Contract> =
    #externalMacro(module: "LanternMacros", type: "ContractLookupMacro")

/// Lets a struct travel as a dict by the shortest way: its fields are read and written one by one, without a tree.
///
/// ```swift
/// @RemoteValue
/// struct Item: Codable, Sendable {
///     var name: String
///     var price: Double
///     var shelf: Int?
/// }
/// ```
///
/// The dict is the one that `Codable` gives: the names of the properties are the keys, or what an own `CodingKeys` says;
/// an optional property that is nil is left out. On reading, other keys are passed over; a missing one is an error that
/// names it, unless its property is optional. A field may be of any `RemoteCodable` or `Codable` type; `Codable` ones
/// that are not `RemoteCodable` go over a tree. An enum with raw values travels as its raw value.
///
/// Generic types, classes and actors are refused, as are lazy and wrapped properties.
@attached(
    extension, conformances: RemoteCodable, names: named(init(from:)), named(write(to:)), named(remoteFields))
public macro RemoteValue() = #externalMacro(module: "LanternMacros", type: "RemoteValueMacro")
