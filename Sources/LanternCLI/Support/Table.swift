/// Rows of text in columns that fit them.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) { self.header = header }

    init(header: [String]) { self.header = header }

    mutating func add(_ row: [String]) { rows.append(row) }

    var lines: [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in
            all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let isWide = { (row: [String], column: Int) in column + 1 < row.count }
        return all.map { row in
            row.indices.map { column in
                let gap = isWide(row, column) ? widths[column] - row[column].count : 0
                return row[column] + String(repeating: " ", count: max(gap, 0))
            }.joined(separator: "  ").trimmingEnd()
        }
    }

    func print() {
        for (index, line) in lines.enumerated() {
            Output.line(index == 0 ? Terminal.styled(line, .bold) : line)
        }
    }
}

extension String {
    fileprivate func trimmingEnd() -> String {
        let end = lastIndex { $0 != " " }
        return end.map { String(self[...$0]) } ?? ""
    }
}
