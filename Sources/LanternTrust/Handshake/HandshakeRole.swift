/// Which end of a connection speaks. The raw values stand in the transcript.
package enum HandshakeRole: String, Sendable, Hashable, CaseIterable {
    case client
    case server
}
