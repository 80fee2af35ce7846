/// Where a name server keeps its names.
public enum NameStorePlace: Sendable, Hashable {
    /// In `names/names.db` of the home.
    case file
    /// In memory only; they are gone at the end.
    case memory
    /// On an etcd cluster, where other name servers may keep the same ones.
    case etcd(EtcdPlace)
}

/// An etcd cluster, and as whom a name server comes to it.
public struct EtcdPlace: Sendable, Hashable {
    /// `host:port` or `[address]:port`, of one cluster.
    public var endpoints: [String]
    /// PEM: our client certificate, with the intermediate ones behind it. It needs no SPIFFE ID.
    public var certificateFile: String
    /// PEM: its key; readable for its owner only.
    public var privateKeyFile: String
    /// PEM: the authorities of the servers' certificates, which must be for the host or address of the endpoint.
    public var trustRootsFile: String
    /// All keys begin with it.
    public var prefix = "/lantern/names/"
    /// How old an answer of the name server may be.
    public var staleness: Duration = .seconds(2)
    /// How long one operation may take.
    public var deadline: Duration = .seconds(5)

    public init(
        endpoints: [String], certificateFile: String, privateKeyFile: String, trustRootsFile: String
    ) {
        self.endpoints = endpoints
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.trustRootsFile = trustRootsFile
    }
}
