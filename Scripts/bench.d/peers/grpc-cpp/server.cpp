// The server of docs/benchmark-contract.md in gRPC for C++. `--service queue` takes the least CPU for a call,
// `--service callback` uses more threads; the harness tries both.
#include <thread>

#include "callback.hpp"
#include "queue.hpp"

int main(int argc, char **argv) try {
    peer::Arguments arguments(argc, argv);
    auto signals = peer::blockTermination();
    grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = peer::readFile(arguments.home + "/trust/roots.pem");
    tls.pem_key_cert_pairs.push_back({peer::readFile(arguments.home + "/identity/key.pem"),
                                      peer::readFile(arguments.home + "/identity/cert.pem")});
    CallbackService callbacks;
    QueueService queued;
    std::unique_ptr<Queue> queue;
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(arguments.port), grpc::SslServerCredentials(tls),
                             &port);
    if (arguments.service == "callback") {
        builder.RegisterService(&callbacks);
    } else {
        builder.RegisterService(&queued);
        queue = builder.AddCompletionQueue();
    }
    auto server = builder.BuildAndStart();
    if (!server) throw std::runtime_error("the server does not start");
    std::thread worker;
    if (queue) worker = std::thread([&] { serve(queued, *queue); });
    peer::printReady(port);
    peer::waitForTermination(signals);
    server->Shutdown(std::chrono::system_clock::now());
    if (queue) queue->Shutdown();
    if (worker.joinable()) worker.join();
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "grpc-cpp-server: %s\n", error.what());
    return 1;
}
