package import LanternValue

/// One member of a registered object, found once by its name and run as often as it is called.
package final class ObjectMember: Sendable {
    /// Opens the arguments, calls the member and writes the result. Only for calls with a permit.
    package typealias Run =
        @Sendable (SessionInstances, UnopenedArguments, inout ReplyWriter) async throws -> Void

    package let name: MemberName
    package let run: Run

    package init(_ name: MemberName, run: @escaping Run) {
        self.name = name
        self.run = run
    }
}
