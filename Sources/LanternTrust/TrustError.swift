/// Why a peer, a key, a proof or a policy was refused.
///
/// ``detail`` is for the operator. A peer is told ``peerMessage`` and nothing else.
public struct TrustError: Error, Sendable, Hashable {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case badIdentity, missingFile, unreadableFile, notRegularFile, wrongOwner, exposedFile,
                exposedDirectory
            case badPath, missingDirectory, notDirectory, linkedFile, linkedDirectory, hardLinkedFile
            case wrongDirectoryOwner, writableFile, exposedAncestor, keyNotYetValid, keyExpired
            case fileTooLarge, malformedKeyFile, unsupportedAlgorithm, wrongKeyKind, unwritableFile,
                duplicateKey
            case malformedProof, unknownKey, keyNotForPeer, algorithmMismatch, wrongBinding, timeOutOfRange,
                replayed
            case replayCacheFull, wrongProof, malformedPolicy, auditFailure, sodiumUnavailable
            case unsignedAnswer, oversizedAnswer, malformedAnswer, unaskedAnswer, unexpectedIdentity
        }

        /// The text is not an identity of the demanded form.
        public static let badIdentity = Self(name: .badIdentity)
        /// The text is not the path of a file, or holds `..`.
        public static let badPath = Self(name: .badPath)
        /// A directory on the way to the file does not exist.
        public static let missingDirectory = Self(name: .missingDirectory)
        /// Something that is no directory stands on the way to the file.
        public static let notDirectory = Self(name: .notDirectory)
        /// There is no such file.
        public static let missingFile = Self(name: .missingFile)
        /// The operating system refused to open or read the file.
        public static let unreadableFile = Self(name: .unreadableFile)
        /// A symbolic link where the file itself must be.
        public static let linkedFile = Self(name: .linkedFile)
        /// A symbolic link among the directories on the way to the file.
        public static let linkedDirectory = Self(name: .linkedDirectory)
        /// The file has more than one name in the file system.
        public static let hardLinkedFile = Self(name: .hardLinkedFile)
        /// A directory, pipe, socket or device where a plain file must be.
        public static let notRegularFile = Self(name: .notRegularFile)
        /// The file belongs to another user.
        public static let wrongOwner = Self(name: .wrongOwner)
        /// A directory on the way to the file belongs to another user.
        public static let wrongDirectoryOwner = Self(name: .wrongDirectoryOwner)
        /// Others than the owner may read a secret.
        public static let exposedFile = Self(name: .exposedFile)
        /// Others than the owner may write the file.
        public static let writableFile = Self(name: .writableFile)
        /// Others than the owner may exchange the files in the directory.
        public static let exposedDirectory = Self(name: .exposedDirectory)
        /// Others may exchange a directory on the way to the file.
        public static let exposedAncestor = Self(name: .exposedAncestor)
        /// The file is larger than any file of its kind can be.
        public static let fileTooLarge = Self(name: .fileTooLarge)
        /// The text of a key file is not as its format demands.
        public static let malformedKeyFile = Self(name: .malformedKeyFile)
        /// Neither `ed25519` nor `hmac-sha512-256`.
        public static let unsupportedAlgorithm = Self(name: .unsupportedAlgorithm)
        /// A private key where a public one is wanted, or the other way round.
        public static let wrongKeyKind = Self(name: .wrongKeyKind)
        /// The operating system refused to write the file.
        public static let unwritableFile = Self(name: .unwritableFile)
        /// Two keys of one keyring have the same id.
        public static let duplicateKey = Self(name: .duplicateKey)
        /// A proof whose fields are missing, of the wrong type or of the wrong length.
        public static let malformedProof = Self(name: .malformedProof)
        /// No authorised key has the id that the proof names.
        public static let unknownKey = Self(name: .unknownKey)
        /// The key is known, but not for the identity in the peer's certificate, or not for its role.
        public static let keyNotForPeer = Self(name: .keyNotForPeer)
        /// The key's window of validity has not begun.
        public static let keyNotYetValid = Self(name: .keyNotYetValid)
        /// The key's window of validity is over.
        public static let keyExpired = Self(name: .keyExpired)
        /// The proof names another algorithm than its key has.
        public static let algorithmMismatch = Self(name: .algorithmMismatch)
        /// The channel binding is missing, not the demanded one, or the certificate is not the channel's.
        public static let wrongBinding = Self(name: .wrongBinding)
        /// The proof was made too long ago or in the future.
        public static let timeOutOfRange = Self(name: .timeOutOfRange)
        /// The same key and nonce were seen before.
        public static let replayed = Self(name: .replayed)
        /// Too many fresh proofs to remember; new ones are refused until old ones expire.
        public static let replayCacheFull = Self(name: .replayCacheFull)
        /// The signature or authentication code does not fit the transcript.
        public static let wrongProof = Self(name: .wrongProof)
        /// A policy rule that says nothing or says it wrongly.
        public static let malformedPolicy = Self(name: .malformedPolicy)
        /// The audit log could not be written, read or verified.
        public static let auditFailure = Self(name: .auditFailure)
        /// An answer to a broadcast without a signature, as Pyro's name servers send.
        public static let unsignedAnswer = Self(name: .unsignedAnswer)
        /// An answer to a broadcast that is longer than what was asked.
        public static let oversizedAnswer = Self(name: .oversizedAnswer)
        /// An answer to a broadcast that is not of the form, or does not name a name server.
        public static let malformedAnswer = Self(name: .malformedAnswer)
        /// An answer to another broadcast than ours, such as a recorded one.
        public static let unaskedAnswer = Self(name: .unaskedAnswer)
        /// An answer to a broadcast of an identity that the name server must not have.
        public static let unexpectedIdentity = Self(name: .unexpectedIdentity)
        /// libsodium could not be set up or has no locked memory left.
        public static let sodiumUnavailable = Self(name: .sodiumUnavailable)

        private let name: Name
        public var description: String { name.rawValue }
    }

    public let code: Code
    /// What is wrong and what to do, for the operator's log; never a secret.
    public let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// All that a peer learns, whichever check refused it.
    public var peerMessage: String { "authentication failed" }
}

extension TrustError: CustomStringConvertible {
    public var description: String { "\(code): \(detail)" }
}
