import Lantern

/// Arguments of the name server's methods, read with Pyro's rules; `nil` is an argument that was not given.
extension Value? {
    /// Python's truth of a flag.
    var isTrue: Bool {
        switch self {
        case .bool(let flag)?: flag
        case .int(let number)?: number != 0
        default: false
        }
    }

    func requiredName() throws -> String {
        guard let name = self?.textValue else { throw NamingError.nameIsNotText }
        return name
    }

    /// - Throws: ``NamingError`` when something other than text or None was given.
    func optionalText(_ argument: String) throws -> String? {
        switch self {
        case nil, .none?: return nil
        case let value?:
            guard let text = value.textValue else { throw NamingError.isNotText(argument) }
            return text
        }
    }

    /// Tags; nil when none were given.
    ///
    /// - Parameter textError: what a single text gives: Python would take its characters for tags.
    func tags(or textError: NamingError) throws -> Set<String>? {
        switch self {
        case nil, .none?: return nil
        case .text?, .surrogateText?: throw textError
        case let value?:
            guard let members = value.elements else { throw textError }
            return Set(
                try members.map { member in
                    guard let tag = member.textValue else { throw NamingError.tagIsNotText }
                    return tag
                })
        }
    }
}
