import Testing

extension PythonProcess.Report {
    /// Records an issue for each case that failed, and one when the program did not get to its end.
    func expectAllCases(_ location: SourceLocation = #_sourceLocation) {
        var passed = 0
        for line in output {
            if line.hasPrefix("ok ") { passed += 1 }
            if line.hasPrefix("FAIL ") {
                Issue.record("\(line.dropFirst(5).replacing("\\n", with: "\n"))", sourceLocation: location)
            }
        }
        #expect(output.last == "done", "\(errors)", sourceLocation: location)
        #expect(passed > 0, sourceLocation: location)
        #expect(status == 0, "\(errors)", sourceLocation: location)
    }
}
