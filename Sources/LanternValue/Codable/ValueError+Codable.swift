extension ValueError {
    /// What a coder threw, in one line; a ``ValueError`` stays what it is.
    init(_ code: Code, by error: any Error) {
        switch error {
        case let error as ValueError: self = error
        case let error as DecodingError: self.init(code, Self.text(of: error))
        case EncodingError.invalidValue(_, let context):
            self.init(code, Self.text(of: context.codingPath, context.debugDescription))
        default: self.init(code, "\(type(of: error))")
        }
    }

    private static func text(of error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            text(of: context.codingPath, context.debugDescription)
        @unknown default: "a value that does not fit"
        }
    }

    private static func text(of path: [any CodingKey], _ description: String) -> String {
        path.isEmpty ? description : "\(path.map(\.stringValue).joined(separator: ".")): \(description)"
    }
}
