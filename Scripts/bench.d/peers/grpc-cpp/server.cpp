// The server of docs/benchmark-contract.md in gRPC for C++: one thread with a completion queue, which takes the
// least CPU for a call of the three ways to write a server (the others: synchronous service, callback service).
#include <grpcpp/grpcpp.h>

#include <thread>

#include "bench.grpc.pb.h"
#include "peer.hpp"

using Service = bench::Bench::AsyncService;
using Queue = grpc::ServerCompletionQueue;

// What the queue hands back when something has happened to a call.
class Call {
public:
    virtual ~Call() = default;
    virtual void proceed(bool right) = 0;
};

// A call with one answer; it waits for its successor as soon as it has arrived.
template <typename Request, typename Answer, auto await>
class UnaryCall final : public Call {
public:
    using Work = void (*)(Request &, Answer &);

    UnaryCall(Service &service, Queue &queue, Work work) : service(service), queue(queue), work(work) {
        (service.*await)(&context, &request, &writer, &queue, &queue, this);
    }

    void proceed(bool right) override {
        if (!right || finished) {
            delete this;
            return;
        }
        new UnaryCall(service, queue, work);
        finished = true;
        work(request, answer);
        writer.Finish(answer, grpc::Status::OK, this);
    }

private:
    Service &service;
    Queue &queue;
    const Work work;
    grpc::ServerContext context;
    Request request;
    Answer answer;
    grpc::ServerAsyncResponseWriter<Answer> writer{&context};
    bool finished = false;
};

class NumbersCall final : public Call {
public:
    NumbersCall(Service &service, Queue &queue) : service(service), queue(queue) {
        service.RequestNumbers(&context, &count, &writer, &queue, &queue, this);
    }

    void proceed(bool right) override {
        if (!right || finished) {
            delete this;
            return;
        }
        if (sent == 0) new NumbersCall(service, queue);
        if (sent == std::clamp<std::int64_t>(count.items(), 0, 1000000)) {
            finished = true;
            return writer.Finish(grpc::Status::OK, this);
        }
        item.set_value(sent++);
        writer.Write(item, this);
    }

private:
    Service &service;
    Queue &queue;
    grpc::ServerContext context;
    bench::Count count;
    bench::Item item;
    grpc::ServerAsyncWriter<bench::Item> writer{&context};
    std::int64_t sent = 0;
    bool finished = false;
};

// Taken over, not copied: the request is not looked at again.
static void echo(bench::Payload &request, bench::Payload &answer) {
    answer.mutable_data()->swap(*request.mutable_data());
}

static void usage(bench::Nothing &, bench::Used &answer) { answer.set_cpu(peer::cpuSeconds()); }

int main(int argc, char **argv) try {
    peer::Arguments arguments(argc, argv);
    auto signals = peer::blockTermination();
    grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = peer::readFile(arguments.home + "/trust/roots.pem");
    tls.pem_key_cert_pairs.push_back({peer::readFile(arguments.home + "/identity/key.pem"),
                                      peer::readFile(arguments.home + "/identity/cert.pem")});
    Service service;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(arguments.port), grpc::SslServerCredentials(tls),
                             &port);
    builder.RegisterService(&service);
    auto queue = builder.AddCompletionQueue();
    auto server = builder.BuildAndStart();
    if (!server) throw std::runtime_error("the server does not start");
    using EchoCall = UnaryCall<bench::Payload, bench::Payload, &Service::RequestEcho>;
    using UsageCall = UnaryCall<bench::Nothing, bench::Used, &Service::RequestUsage>;
    new EchoCall(service, *queue, echo);
    new UsageCall(service, *queue, usage);
    new NumbersCall(service, *queue);
    std::thread worker([&] {
        void *tag = nullptr;
        bool right = false;
        while (queue->Next(&tag, &right)) static_cast<Call *>(tag)->proceed(right);
    });
    peer::printReady(port);
    peer::waitForTermination(signals);
    server->Shutdown(std::chrono::system_clock::now());
    queue->Shutdown();
    worker.join();
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "grpc-cpp-server: %s\n", error.what());
    return 1;
}
