import SwiftDiagnostics
import SwiftSyntax

/// What the markers on a requirement say.
struct Markers {
    /// What `@Name` says; `nil` without one, and when it was refused.
    var name: String?
    var nameNode: Syntax?
    var oneway: AttributeSyntax?
    var setter: AttributeSyntax?
    /// What `@Setter` says; `nil` without one, and when it was refused.
    var attribute: String?
}

/// Reads `@Oneway`, `@Name` and `@Setter`; other attributes are the compiler's business.
struct MarkerReader {
    private(set) var findings: [Diagnostic] = []

    mutating func read(_ attributes: AttributeListSyntax) -> Markers {
        var markers = Markers()
        for case .attribute(let attribute) in attributes {
            switch attribute.attributeName.trimmedDescription {
            case "Oneway", "Lantern.Oneway":
                refuseRepeated("Oneway", at: attribute, first: markers.oneway == nil)
                markers.oneway = attribute
            case "Name", "Lantern.Name":
                refuseRepeated("Name", at: attribute, first: markers.nameNode == nil)
                markers.nameNode = Syntax(attribute)
                markers.name = readName(attribute, of: "Name")
            case "Setter", "Lantern.Setter":
                refuseRepeated("Setter", at: attribute, first: markers.setter == nil)
                markers.setter = attribute
                markers.attribute = readName(attribute, of: "Setter")
            default:
                continue
            }
        }
        return markers
    }

    private mutating func refuseRepeated(_ marker: String, at attribute: AttributeSyntax, first: Bool) {
        if !first {
            findings.append(Diagnostic(.repeatedMarker(marker), at: attribute))
        }
    }

    private mutating func readName(_ attribute: AttributeSyntax, of marker: String) -> String? {
        guard case .argumentList(let arguments) = attribute.arguments, arguments.count == 1,
            let literal = arguments.first?.expression.as(StringLiteralExprSyntax.self),
            literal.segments.count == 1, case .stringSegment(let segment) = literal.segments.first
        else {
            findings.append(Diagnostic(.nameNotLiteral(marker), at: attribute))
            return nil
        }
        let name = segment.content.text
        if let refusal = WireName.refusal(of: name) {
            findings.append(Diagnostic(refusal, at: literal))
            return nil
        }
        return name
    }
}
