import SwiftDiagnostics
import SwiftParser
import SwiftSyntax

extension RequirementReader {
    mutating func read(_ clause: FunctionParameterClauseSyntax) -> [Parameter] {
        var wireNames: Set<String> = []
        var localNames = Self.namesInBodies
        return clause.parameters.enumerated().compactMap { index, parameter in
            checkPassing(of: parameter)
            if !parameter.type.isBlob {
                check(parameter.type.streamElement ?? parameter.type)
            } else if clause.parameters.count > 1 {
                refuse(.blobNotAlone, at: parameter.type)
            }
            let name = parameter.secondName ?? parameter.firstName
            let isLabelled = parameter.firstName.tokenKind != .wildcard
            let wireName = (isLabelled ? parameter.firstName : name).text.withoutBackticks
            guard wireName != "_" else {
                refuse(.unnamedParameter, at: parameter)
                return nil
            }
            guard wireNames.insert(wireName).inserted else {
                refuse(.duplicateParameter(wireName), at: parameter)
                return nil
            }
            // `for:` is a good label and no name for a constant.
            let isUsable =
                name.text.isValidSwiftIdentifier(for: .variableName)
                && localNames.insert(name.text.withoutBackticks).inserted
            return Parameter(
                label: isLabelled ? parameter.firstName.text : nil,
                localName: isUsable ? name.text : "argument\(index + 1)",
                wireName: wireName,
                type: parameter.type.trimmedDescription,
                form: ReferenceForm.text(of: parameter.type))
        }
    }

    /// Names the generated bodies use themselves.
    private static var namesInBodies: Set<String> { ["target", "arguments", "reply", "result", "self"] }

    mutating func read(_ clause: ReturnClauseSyntax?) -> Requirement.Result {
        guard let type = clause?.type, !type.isVoid else { return .nothing }
        if let element = type.streamElement {
            check(element: element)
            return .stream(type: type.trimmedDescription)
        }
        check(type)
        return .value(type: type.trimmedDescription, form: ReferenceForm.text(of: type))
    }

    mutating func read(property type: TypeSyntax) -> Requirement.Result {
        if type.isVoid {
            refuse(.voidProperty, at: type)
        } else if let element = type.streamElement {
            check(element: element)
            return .stream(type: type.trimmedDescription)
        } else {
            check(type)
        }
        return .value(type: type.trimmedDescription, form: ReferenceForm.text(of: type))
    }

    /// What a setter may look like: one argument that is a value, and no result.
    mutating func checkSetter(_ markers: Markers, _ method: FunctionDeclSyntax, result: Requirement.Result) {
        let attribute = markers.attribute ?? method.name.text.withoutBackticks
        let parameters = method.signature.parameterClause.parameters
        if parameters.count != 1 || !result.isNothing {
            refuse(.setterShape(attribute), at: method.name)
        } else if let type = parameters.first?.type, type.isBlob {
            refuse(.misplacedBlob, at: type)
        } else if let type = parameters.first?.type, type.streamElement != nil {
            refuse(.misplacedStream, at: type)
        }
        if let oneway = markers.oneway { refuse(.setterOneway, at: oneway) }
        if let name = markers.nameNode { refuse(.setterName, at: name) }
    }

    private mutating func check(_ type: TypeSyntax) {
        if let found = TypeCheck.firstRefusal(in: type) {
            refuse(found.refusal, at: found.node, fixIts: found.fixIts)
        }
    }

    /// A stream's items travel without the forms of remote objects.
    private mutating func check(element: TypeSyntax) {
        check(element)
        if findings.isEmpty, let form = ReferenceForm.text(of: element), form.contains(".object(") {
            refuse(.buriedObject(element.trimmedDescription), at: element)
        }
    }

    private mutating func checkPassing(of parameter: FunctionParameterSyntax) {
        if parameter.ellipsis != nil {
            refuse(.variadic, at: parameter)
        }
        guard let specifiers = parameter.type.as(AttributedTypeSyntax.self)?.specifiers,
            let first = specifiers.first
        else { return }
        refuse(.specifier(first.trimmedDescription), at: first)
    }
}

extension Requirement.Result {
    var isNothing: Bool {
        if case .nothing = self { true } else { false }
    }
}
