import Glibc
package import LanternWire

/// An object that serves under a name, and how much of the calls it should get.
package struct WeightedInstance: Sendable, Hashable {
    package let uri: PyroURI
    /// Compared with the others; with 0 it is used when no other answers.
    package let weight: Int

    package init(_ uri: PyroURI, _ weight: Int) {
        self.uri = uri
        self.weight = weight
    }

    /// The order in which to try them: each stands first as often as its weight says, and so on among the rest.
    ///
    /// - Source: Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006: the order of -ln(u)/w.
    package static func order<Generator: RandomNumberGenerator>(
        _ instances: [WeightedInstance], using random: inout Generator
    ) -> [PyroURI] {
        guard instances.count > 1 else { return instances.map(\.uri) }
        let keyed = instances.map { instance in
            let chance = -log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &random))
            return (
                uri: instance.uri, isSpare: instance.weight <= 0,
                key: chance / Double(max(instance.weight, 1))
            )
        }
        return keyed.sorted { ($0.isSpare ? 1 : 0, $0.key) < ($1.isSpare ? 1 : 0, $1.key) }.map(\.uri)
    }
}
