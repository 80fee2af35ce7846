public import LanternValue

/// An argument of a call by name: a value, or items that follow while the far side reads them.
public enum DynamicArgument: Sendable {
    case value(Value)
    case stream(RemoteStream<Value>)
}
