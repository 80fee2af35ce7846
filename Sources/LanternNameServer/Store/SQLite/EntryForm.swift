import Foundation
import GRDB
import Lantern
import LanternValue

/// Entries as rows and as bytes.
enum EntryForm {
    static func bytes(_ text: String) -> Data { Data(text.utf8) }

    static func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

    // MARK: - Rows

    /// The columns of a row of `names`, in the order in which ``entry(_:)`` reads them.
    static let columns = "name, uri, owner, tags, instances, exclusive"

    static func values(_ entry: NameEntry) throws -> [(any DatabaseValueConvertible)?] {
        [
            bytes(entry.name), bytes(entry.uri), entry.owner.map(bytes), try tags(entry.metadata),
            entry.instances.isEmpty ? nil : try data(.list(entry.instances.map(value))),
            entry.isExclusive ? 1 : 0,
        ]
    }

    static func entry(_ row: Row) throws -> NameEntry {
        let name = text(row[0])
        let owner = (row[2] as Data?).map(text)
        if let data = row[4] as Data? {
            let instances = try instances(value(data))
            if let entry = NameEntry(
                name: name, instances: instances, owner: owner, isExclusive: row[5] == 1)
            {
                return entry
            }
        }
        let tags = try (row[3] as Data?).map { try self.tags(value($0)) } ?? []
        return NameEntry(name: name, uri: text(row[1]), metadata: tags, owner: owner)
    }

    // MARK: - Bytes, for the history

    static func data(_ entry: NameEntry?) throws -> Data? {
        guard let entry else { return nil }
        return try data(
            .list([
                .text(entry.name), .text(entry.uri), entry.owner.map { .text($0) } ?? .none,
                .list(entry.sortedMetadata.map { .text($0) }), .list(entry.instances.map(value)),
                .bool(entry.isExclusive),
            ]))
    }

    static func entry(_ data: Data?) throws -> NameEntry? {
        guard let data else { return nil }
        guard let parts = try value(data).elements, parts.count == 6, let name = parts[0].textValue,
            let uri = parts[1].textValue
        else { throw damaged }
        let owner = parts[2].textValue
        let instances = try instances(parts[4])
        return try NameEntry(
            name: name, instances: instances, owner: owner, isExclusive: parts[5].boolValue ?? false)
            ?? NameEntry(name: name, uri: uri, metadata: tags(parts[3]), owner: owner)
    }

    // MARK: - Parts

    private static func tags(_ tags: Set<String>) throws -> Data? {
        tags.isEmpty ? nil : try data(.list(tags.sorted { $0 < $1 }.map { .text($0) }))
    }

    private static func tags(_ value: Value) throws -> Set<String> {
        guard let members = value.elements else { throw damaged }
        return Set(members.compactMap(\.textValue))
    }

    private static func value(_ instance: NameInstance) -> Value {
        .list([
            .text(instance.uri), .int(Int64(instance.weight)),
            .list(instance.metadata.sorted().map { .text($0) }), instance.epoch.map { .int($0) } ?? .none,
        ])
    }

    private static func instances(_ value: Value) throws -> [NameInstance] {
        guard let members = value.elements else { throw damaged }
        return try members.map { member in
            guard let parts = member.elements, parts.count == 4, let uri = parts[0].textValue,
                let weight = parts[1].intValue
            else { throw damaged }
            return NameInstance(
                uri: uri, weight: Int(weight), metadata: try tags(parts[2]),
                epoch: parts[3].intValue.map { Int64($0) })
        }
    }

    private static func data(_ value: Value) throws -> Data {
        Data(try encode(value, as: .msgpack))
    }

    private static func value(_ data: Data) throws -> Value {
        do {
            return try decode(Array(data), as: .msgpack)
        } catch {
            throw damaged
        }
    }

    private static let damaged = DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an entry is damaged")
}
