/// How a daemon registers its names with a Lantern name server.
public struct NamingSettings: Sendable, Hashable {
    /// How long names last without a sign of life; nil registers them as Pyro does, until they are removed.
    public var lease: Duration? = .seconds(10)
    /// How much of the calls this daemon's instances should get, compared with others under the same name.
    public var weight = 100
    public var tags: Set<String> = []
    /// Have names for itself: another daemon's instance beside it is refused.
    public var isExclusive = false
    /// Take names over from the instances that have them: these stop serving.
    public var takesOver = false

    public init() {}
}
