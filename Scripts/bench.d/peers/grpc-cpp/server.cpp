// The server of docs/benchmark-contract.md in gRPC for C++, with its synchronous API.
#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"
#include "peer.hpp"

class Service final : public bench::Bench::Service {
public:
    grpc::Status Echo(grpc::ServerContext *, const bench::Payload *request, bench::Payload *answer) override {
        // Taken over, not copied: the request is not looked at again.
        answer->mutable_data()->swap(*const_cast<bench::Payload *>(request)->mutable_data());
        return grpc::Status::OK;
    }

    grpc::Status Numbers(grpc::ServerContext *, const bench::Count *request,
                         grpc::ServerWriter<bench::Item> *items) override {
        if (request->items() < 0 || request->items() > 1000000)
            return {grpc::StatusCode::INVALID_ARGUMENT, "count"};
        bench::Item item;
        for (std::int64_t i = 0; i < request->items(); i++) {
            item.set_value(i);
            if (!items->Write(item)) break;
        }
        return grpc::Status::OK;
    }

    grpc::Status Usage(grpc::ServerContext *, const bench::Nothing *, bench::Used *answer) override {
        answer->set_cpu(peer::cpuSeconds());
        return grpc::Status::OK;
    }
};

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
    auto server = builder.BuildAndStart();
    if (!server) throw std::runtime_error("the server does not start");
    peer::printReady(port);
    peer::waitForTermination(signals);
    server->Shutdown(std::chrono::system_clock::now());
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "grpc-cpp-server: %s\n", error.what());
    return 1;
}
