/// What a call brings: its encoded body, and the producers of the streams among its arguments.
struct CallBody {
    var bytes: [UInt8]
    var streams: [OutgoingSource] = []
}
