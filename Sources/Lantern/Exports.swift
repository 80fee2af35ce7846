// What stands in our public declarations comes with `import Lantern`: values and their readers and writers, on which
// generated contract code stands; identities, keys and policies; URIs; the settings of TLS.
@_exported public import LanternTLS
@_exported public import LanternTrust
@_exported public import LanternValue
@_exported public import LanternWire
