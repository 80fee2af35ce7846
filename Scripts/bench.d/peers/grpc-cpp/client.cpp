// The client of docs/benchmark-contract.md in gRPC for C++.
#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"
#include "peer.hpp"

class GRPCClient : public peer::Client {
public:
    GRPCClient(const std::string &home, int port) : target("127.0.0.1:" + std::to_string(port)) {
        grpc::SslCredentialsOptions tls;
        tls.pem_root_certs = peer::readFile(home + "/trust/roots.pem");
        tls.pem_private_key = peer::readFile(home + "/identity/key.pem");
        tls.pem_cert_chain = peer::readFile(home + "/identity/cert.pem");
        credentials = grpc::SslCredentials(tls);
        stub = onNewConnection();
        small.set_data(std::string(peer::smallBytes, 'x'));
        large.set_data(std::string(peer::largeBytes, 'x'));
    }

    void unit(const std::string &workload) override {
        if (workload == "sequential") echo(*stub, small);
        else if (workload == "large") echo(*stub, large);
        else if (workload == "connect") echo(*onNewConnection(), small);
        else if (workload == "stream") stream();
        else throw std::runtime_error("gRPC has no " + workload);
    }

    void pipelined(long count, std::vector<std::int64_t> &times) override {
        grpc::CompletionQueue queue;
        long sent = 0;
        std::vector<std::unique_ptr<Call>> calls;
        for (; sent < std::min(peer::window, count); sent++) {
            calls.push_back(std::make_unique<Call>());
            send(*calls.back(), queue, times[std::size_t(sent)]);
        }
        for (long done = 0; done < count; done++) {
            void *tag = nullptr;
            bool right = false;
            peer::expect(queue.Next(&tag, &right) && right, "event");
            auto &call = *static_cast<Call *>(tag);
            check(call.status, call.answer, small);
            *call.time += peer::now();
            if (sent < count) send(call, queue, times[std::size_t(sent++)]);
        }
    }

    peer::Usage usage() override {
        grpc::ClientContext context;
        bench::Used used;
        require(stub->Usage(&context, {}, &used));
        return {used.cpu(), 0};
    }

    void openIdle(long count) override {
        for (long i = 0; i < count; i++) {
            idle.push_back(onNewConnection());
            echo(*idle.back(), small);
        }
    }

private:
    using Stub = bench::Bench::Stub;

    struct Call {
        std::unique_ptr<grpc::ClientContext> context;
        std::unique_ptr<grpc::ClientAsyncResponseReader<bench::Payload>> reader;
        bench::Payload answer;
        grpc::Status status;
        std::int64_t *time = nullptr;
    };

    void send(Call &call, grpc::CompletionQueue &queue, std::int64_t &time) {
        call.context = std::make_unique<grpc::ClientContext>();
        call.time = &time;
        time = -peer::now();
        call.reader = stub->AsyncEcho(call.context.get(), small, &queue);
        call.reader->Finish(&call.answer, &call.status, &call);
    }

    // Channels share connections unless each has a pool of its own.
    std::unique_ptr<Stub> onNewConnection() {
        grpc::ChannelArguments arguments;
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        return bench::Bench::NewStub(grpc::CreateCustomChannel(target, credentials, arguments));
    }

    void echo(Stub &stub, const bench::Payload &data) {
        grpc::ClientContext context;
        bench::Payload answer;
        auto status = stub.Echo(&context, data, &answer);
        check(status, answer, data);
    }

    void stream() {
        grpc::ClientContext context;
        bench::Count count;
        count.set_items(peer::streamItems);
        auto items = stub->Numbers(&context, count);
        bench::Item item;
        long expected = 0;
        while (items->Read(&item)) peer::expect(item.value() == expected++, "item");
        require(items->Finish());
        peer::expect(expected == peer::streamItems, "number of items");
    }

    static void require(const grpc::Status &status) {
        if (!status.ok()) throw std::runtime_error(status.error_message());
    }

    static void check(const grpc::Status &status, const bench::Payload &answer, const bench::Payload &sent) {
        require(status);
        peer::expect(answer.data().size() == sent.data().size(), "echo");
    }

    const std::string target;
    std::shared_ptr<grpc::ChannelCredentials> credentials;
    std::unique_ptr<Stub> stub;
    std::vector<std::unique_ptr<Stub>> idle;
    bench::Payload small, large;
};

int main(int argc, char **argv) try {
    peer::Arguments arguments(argc, argv);
    GRPCClient client(arguments.home, arguments.serverPort());
    peer::measureAll(client, arguments);
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "grpc-cpp-client: %s\n", error.what());
    return 1;
}
