import ArgumentParser
import Lantern

/// `lantern call`: calls any method of any object.
struct CallCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call a method of a remote object; arguments and result are JSON.",
        discussion: """
              lantern call PYRONAME:example.warehouse list
              lantern call PYRONAME:example.warehouse store '"sofa"' --keyword 'by="me"'
              lantern call PYRO:test.echoserver@localhost:9999 echo '[1, true, null]'
              lantern call PYRONAME:example.warehouse changes --stream
              lantern call PYRONAME:example.warehouse name --attribute

            Texts need quotes of their own: '"sofa"'.
            Bytes are {"data": …, "encoding": "base64"}.
            Exit status: 1 the method threw, 69 nobody answers, 77 refused.
            """)

    @Argument(help: "PYRO:object@host:port, PYRONAME:name or PYROMETA:tag,tag.")
    var uri: String
    @Argument(help: "The method, or with --attribute the attribute.")
    var method: String
    @Argument(help: "The arguments, each as JSON.")
    var arguments: [String] = []
    @Option(name: [.short, .long], help: "A keyword argument as name=JSON; may be repeated.")
    var keyword: [String] = []
    @Flag(help: "The result is an item stream: print each item on a line of its own.")
    var stream = false
    @Flag(help: "Do not wait for an answer.")
    var oneway = false
    @Flag(help: "Read an attribute; with one argument, set it.")
    var attribute = false
    @Flag(help: "Print the result in columns.")
    var table = false
    @Flag(help: "Print the result as JSON, which is what happens anyhow.")
    var json = false
    @OptionGroup var proxy: ProxyArguments
    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func validate() throws {
        if table && json { throw ValidationError("--table or --json, not both") }
        if [stream, oneway, attribute].count(where: { $0 }) > 1 {
            throw ValidationError("only one of --stream, --oneway and --attribute")
        }
        if attribute, arguments.count > 1 || !keyword.isEmpty {
            throw ValidationError("--attribute takes one argument at most: the new value")
        }
    }

    func perform() async throws {
        let call = try CallArguments(positional: arguments, keywords: keyword)
        let client = try proxy.client(of: home)
        let target = try client.dynamicProxy(uri)
        if oneway {
            try await target.oneway(method, arguments: call.positional, keywords: call.keywords)
        } else if attribute, let value = call.positional.first {
            try await target.setAttribute(method, to: value)
        } else if attribute {
            try show(try await target.attribute(method))
        } else {
            try await show(
                target.callOrStream(method, arguments: call.positional, keywords: call.keywords))
        }
        target.remote.close()
        await client.shutdown()
    }

    private func show(_ result: DynamicResult) async throws {
        switch result {
        case .value(let value):
            guard !stream else {
                throw CommandFailure(.failed, "the result is no item stream; leave --stream out")
            }
            try show(value)
        case .stream(let items):
            if stream && !table {
                for try await item in items { Output.line(try JSONForm.text(item)) }
                return
            }
            var list: [Value] = []
            for try await item in items { list.append(item) }
            try show(.list(list))
        }
    }

    private func show(_ value: Value) throws {
        if table {
            try ResultTable.table(of: value).print()
        } else {
            Output.line(try JSONForm.text(value))
        }
    }
}
