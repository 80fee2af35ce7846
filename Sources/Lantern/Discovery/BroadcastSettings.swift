/// Finding the name server by UDP broadcast, and being found. Both are off.
public struct BroadcastSettings: Sendable, Hashable {
    /// Whether a name server answers.
    public var isAnswering = false
    /// Whether programs ask, when neither settings nor environment name a name server.
    public var isAsking = false
    /// The IPv4 address on which a name server hears broadcasts; the wildcard hears those of all networks.
    public var host = "0.0.0.0"
    /// Where name servers hear, and where programs ask: Pyro's port. A name server takes a free one for 0.
    public var port = 9091
    /// Where programs ask: IPv4 addresses, 1 to 16. The default reaches the network of the default route only.
    public var addresses = ["255.255.255.255"]
    /// Whether Pyro4's and Pyro5's questions are answered too, without a signature, as they expect it.
    public var isAnsweringPyro = true
    /// How many answers a name server sends in one second, to all together; what comes beyond is passed over.
    public var answersPerSecond = 50
    /// How long a program waits for an answer that it can believe.
    public var timeout = Duration.seconds(2)

    /// How many addresses may be asked.
    static let maximumAddresses = 16

    public init() {}
}
