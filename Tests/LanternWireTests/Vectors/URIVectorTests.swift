import Testing

@testable import LanternWire

/// URI texts that Pyro reads or refuses.
struct URIVectorTests {
    struct Vector: Decodable {
        enum Object: Decodable, Equatable {
            case name(String)
            case tags(Set<String>)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self = .name(text)
                } else {
                    self = .tags(try container.decode(Set<String>.self))
                }
            }
        }
        let name: String
        let uri: String
        let valid: Bool
        let `protocol`: String?
        let object: Object?
        let sockname: String?
        let host: String?
        let port: Int?
        let text: String?

        var location: PyroURI.Location? {
            if let sockname { return .unix(path: sockname) }
            guard let host, let port else { return nil }
            return .host(host, port: port)
        }
    }

    @Test("the lenient rules are Pyro's")
    func lenient() throws {
        let vectors = try VectorFile<Vector>.load("uri.json")
        #expect(vectors.count == 76)
        for vector in vectors {
            let uri = try? PyroURI(lenient: vector.uri)
            #expect((uri != nil) == vector.valid, "\(vector.name) \(vector.uri)")
            guard let uri else { continue }
            #expect(uri.scheme.rawValue == vector.protocol, "\(vector.name)")
            #expect(uri.location == vector.location, "\(vector.name)")
            let object = uri.scheme == .metadata ? Vector.Object.tags(uri.tags) : .name(uri.object)
            #expect(object == vector.object, "\(vector.name)")
            if let text = vector.text { #expect(uri.description == text, "\(vector.name)") }
        }
    }

    @Test("what the strict rules take, the lenient ones take the same way")
    func strictIsASubset() throws {
        var taken = 0
        for vector in try VectorFile<Vector>.load("uri.json") {
            guard let strict = try? PyroURI(vector.uri) else { continue }
            taken += 1
            #expect(vector.valid, "\(vector.name)")
            #expect(try strict == PyroURI(lenient: vector.uri), "\(vector.name)")
            #expect(try PyroURI(strict.description) == strict, "\(vector.name)")
        }
        #expect(taken == 23)
    }
}
