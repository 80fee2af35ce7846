/// A certificate whose extensions are written down byte by byte: right ones, and such as no library makes.
package struct RawCertificate: Sendable {
    /// One extension: who it is, whether it is critical, and its content in DER.
    package struct Extension: Sendable {
        package var identifier: [UInt]
        package var isCritical: Bool
        package var content: [UInt8]

        package init(_ identifier: [UInt], isCritical: Bool = false, _ content: [UInt8]) {
            self.identifier = identifier
            self.isCritical = isCritical
            self.content = content
        }
    }

    /// The number of the version, as people count it: 3.
    package var version: UInt8 = 3
    /// The common name; nil for an empty subject.
    package var commonName: String? = "peer"
    package var basicConstraints: Extension? = .basicConstraints(isAuthority: false)
    package var keyUsage: Extension? = .keyUsage([0])
    package var extendedKeyUsage: Extension? = .extendedKeyUsage([Extension.serverAuth, Extension.clientAuth])
    package var names: Extension? = .names([.uri("spiffe://lantern.test/peer"), .dns("localhost")])
    /// Behind the others.
    package var more: [Extension] = []

    package init() {}

    /// A changed copy.
    package func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }

    /// A signing certificate.
    package static var authority: Self {
        Self().with {
            $0.commonName = "an intermediate authority"
            $0.basicConstraints = .basicConstraints(isAuthority: true)
            $0.keyUsage = .keyUsage([5, 6])
            $0.extendedKeyUsage = nil
            $0.names = nil
        }
    }
}

extension RawCertificate.Extension {
    package static let serverAuth: [UInt] = [1, 3, 6, 1, 5, 5, 7, 3, 1]
    package static let clientAuth: [UInt] = [1, 3, 6, 1, 5, 5, 7, 3, 2]
    package static let namesIdentifier: [UInt] = [2, 5, 29, 17]
    package static let keyUsageIdentifier: [UInt] = [2, 5, 29, 15]
    package static let basicConstraintsIdentifier: [UInt] = [2, 5, 29, 19]
    package static let extendedKeyUsageIdentifier: [UInt] = [2, 5, 29, 37]

    /// A name of the list of alternative names.
    package struct Name: Sendable {
        let tag: UInt8
        let bytes: [UInt8]

        package init(tag: UInt8, _ bytes: [UInt8]) {
            self.tag = tag
            self.bytes = bytes
        }

        package static func uri(_ text: String) -> Self { Self(tag: 0x86, Array(text.utf8)) }
        package static func uri(bytes: [UInt8]) -> Self { Self(tag: 0x86, bytes) }
        package static func dns(_ text: String) -> Self { Self(tag: 0x82, Array(text.utf8)) }
        package static func email(_ text: String) -> Self { Self(tag: 0x81, Array(text.utf8)) }
        package static func address(_ bytes: [UInt8]) -> Self { Self(tag: 0x87, bytes) }
    }

    package static func names(_ names: [Name], isCritical: Bool = false) -> Self {
        Self(
            namesIdentifier, isCritical: isCritical,
            HandDER.element(0x30, names.flatMap { HandDER.element($0.tag, $0.bytes) }))
    }

    package static func basicConstraints(
        isAuthority: Bool, pathLength: UInt8? = nil, isCritical: Bool = true
    ) -> Self {
        let content =
            (isAuthority ? HandDER.boolean(true) : []) + (pathLength.map { HandDER.integer([$0]) } ?? [])
        return Self(basicConstraintsIdentifier, isCritical: isCritical, HandDER.sequence(content))
    }

    /// - Parameter bits: 0 digitalSignature, 1 contentCommitment, 2 keyEncipherment, 4 keyAgreement, 5 keyCertSign, 6
    ///   cRLSign.
    package static func keyUsage(_ bits: [Int], isCritical: Bool = true) -> Self {
        Self(keyUsageIdentifier, isCritical: isCritical, HandDER.bits(bits))
    }

    package static func extendedKeyUsage(_ purposes: [[UInt]], isCritical: Bool = false) -> Self {
        Self(
            extendedKeyUsageIdentifier, isCritical: isCritical,
            HandDER.element(0x30, purposes.flatMap(HandDER.identifier)))
    }
}
