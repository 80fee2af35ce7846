/// Why bytes are not a frame, or a frame cannot be written.
///
/// After an error while reading, the connection cannot be used further: nobody knows where the next frame
/// starts.
package struct WireError: Error, Sendable, Hashable {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case notPyro, badTag, badVersion, badMagic, badChecksum, badType, badAnnotation, hmacNotSupported
            case frameTooLarge, badCompression, inflatedTooLarge, truncated, notRepresentable
            case badStreamMessage
        }
        /// The peer speaks something else: text, HTTP or TLS.
        package static let notPyro = Self(name: .notPyro)
        /// Bytes without a meaning where the tag should be.
        package static let badTag = Self(name: .badTag)
        /// A version other than the accepted ones.
        package static let badVersion = Self(name: .badVersion)
        /// A v502 header that does not end in its magic number.
        package static let badMagic = Self(name: .badMagic)
        /// A v48 header whose checksum does not fit.
        package static let badChecksum = Self(name: .badChecksum)
        /// A message type that nobody defines, or an extension that was not agreed on.
        package static let badType = Self(name: .badType)
        /// The annotation block does not add up, or has too many entries.
        package static let badAnnotation = Self(name: .badAnnotation)
        /// The peer signs its messages with Pyro4's HMAC key, which Lantern does not do.
        package static let hmacNotSupported = Self(name: .hmacNotSupported)
        /// More bytes than ``FrameLimits`` or the header's fields allow.
        package static let frameTooLarge = Self(name: .frameTooLarge)
        /// The payload is not a complete zlib stream.
        package static let badCompression = Self(name: .badCompression)
        /// The payload grows beyond ``FrameLimits`` when inflated.
        package static let inflatedTooLarge = Self(name: .inflatedTooLarge)
        /// The connection ended inside a frame.
        package static let truncated = Self(name: .truncated)
        /// Our side: the version has no form for what the frame says.
        package static let notRepresentable = Self(name: .notRepresentable)
        /// A STREAMITEM, STREAMEND or STREAMCREDIT without the fields it must have.
        package static let badStreamMessage = Self(name: .badStreamMessage)

        private let name: Name
        package var description: String { name.rawValue }
    }

    package let code: Code
    /// Sizes, names and numbers for a log reader; never payload bytes.
    package let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension WireError: CustomStringConvertible {
    package var description: String { "\(code): \(detail)" }
}
