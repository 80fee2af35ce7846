import NIOCore
import Testing

@testable import LanternWire

struct AnnotationsTests {
    @Test("a tag is four ASCII characters", arguments: ["", "ABC", "ABCDE", "ÄBC", "äöü€"])
    func refusedTags(text: String) {
        #expect(AnnotationTag(text) == nil)
    }

    @Test(
        "the known tags are spelled right",
        arguments: [
            (AnnotationTag.lantern, "LNTN"), (.deadline, "LDLN"), (.stream, "STRM"), (.blob, "BLBI"),
            (.correlation, "CORR"), (.hmac, "HMAC"),
        ])
    func knownTags(tag: AnnotationTag, text: String) {
        #expect(tag.description == text)
        #expect(AnnotationTag(text) == tag)
    }

    @Test("setting keeps the place, nil removes")
    func dictionary() {
        var annotations = Annotations()
        annotations[.stream] = ByteBuffer(bytes: [1])
        annotations[.blob] = ByteBuffer(bytes: [2, 3])
        annotations[.stream] = ByteBuffer(bytes: [4])
        #expect(annotations.entries.map(\.tag) == [.stream, .blob])
        #expect(annotations[.stream] == ByteBuffer(bytes: [4]))
        #expect(annotations.encodedSize(.v48) == 15)
        #expect(annotations.encodedSize(.v502) == 19)
        annotations[.stream] = nil
        annotations[.deadline] = nil
        #expect(annotations.count == 1)
        #expect(annotations[.stream] == nil)
    }
}
