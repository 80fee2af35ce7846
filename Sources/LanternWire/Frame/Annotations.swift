package import NIOCore

/// Named byte strings beside the payload, in the order in which they travel.
///
/// There are few of them, so they are a list that is searched, not a table.
package struct Annotations: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let tag: AnnotationTag
        package var data: ByteBuffer
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }

    /// The data under a name. Setting keeps the place of an earlier one with that name; `nil` removes it.
    package subscript(tag: AnnotationTag) -> ByteBuffer? {
        get { entries.first { $0.tag == tag }?.data }
        set {
            let place = entries.firstIndex { $0.tag == tag }
            switch (place, newValue) {
            case (let place?, let data?): entries[place].data = data
            case (let place?, nil): entries.remove(at: place)
            case (nil, let data?): entries.append(Entry(tag: tag, data: data))
            case (nil, nil): break
            }
        }
    }

    /// Size of the annotation block, in bytes.
    package func encodedSize(_ version: WireVersion) -> Int {
        entries.reduce(0) { $0 + version.annotationOverhead + $1.data.readableBytes }
    }
}
