import Lantern
import Testing

@Remote private protocol Lamp: Sendable {
    func light() async throws
}

@Remote private protocol Shade: Sendable {
    func turn(to angle: Int) async throws -> Int
    var colour: String { get async throws }
}

/// How a generic function finds the contract that `@Remote` wrote, with two contracts to choose from.
struct ContractLookupTests {
    @Test("a default argument finds the contract of the protocol it is called with")
    func defaultArgument() {
        #expect(name(of: (any Lamp).self) == "Lamp")
        #expect(name(of: (any Shade).self) == "Shade")
    }

    @Test("a generic caller passes its contract on")
    func passedOn() {
        func generic<C>(_ type: C.Type, contract: RemoteContract<C> = #remoteContract()) -> String {
            name(of: type, contract: contract)
        }
        #expect(generic((any Shade).self) == "Shade")
    }

    @Test("the type to find can come from the result")
    func fromResult() {
        let contract: RemoteContract<any Lamp> = #remoteContract()
        #expect(contract.name == "Lamp")
    }

    private func name<C>(of type: C.Type, contract: RemoteContract<C> = #remoteContract()) -> String {
        contract.name
    }
}
