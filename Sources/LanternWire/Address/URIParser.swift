/// Reads URI texts by one of two sets of rules.
struct URIParser {
    enum Rules { case strict, lenient }
    let rules: Rules

    func parse(_ text: String) throws(URIError) -> PyroURI {
        throw URIError(.malformed, "not yet")
    }
}
