// The server of docs/benchmark-contract.md in Ice for C++ 3.7 (C++11 mapping).
#include <atomic>

#include "Bench.h"
#include "ssl.hpp"

class Service : public Bench::Service {
public:
    // The answer is written from the bytes of the request, without a copy in between.
    void echoAsync(std::pair<const Ice::Byte *, const Ice::Byte *> data,
                   std::function<void(const std::pair<const Ice::Byte *, const Ice::Byte *> &)> answer,
                   std::function<void(std::exception_ptr)>, const Ice::Current &) override {
        answer(data);
    }

    void note(std::pair<const Ice::Byte *, const Ice::Byte *>, const Ice::Current &) override { notes++; }

    Bench::Usage used(const Ice::Current &) override { return {peer::cpuSeconds(), notes}; }

private:
    std::atomic<Ice::Long> notes{0};
};

int main(int argc, char **argv) try {
    peer::Arguments arguments(argc, argv);
    auto signals = peer::blockTermination();
    Ice::CommunicatorHolder communicator(iceSettings(arguments.home));
    auto adapter = communicator->createObjectAdapterWithEndpoints(
        "bench", "ssl -h 127.0.0.1 -p " + std::to_string(arguments.port));
    adapter->add(std::make_shared<Service>(), Ice::stringToIdentity("bench"));
    adapter->activate();
    peer::printReady(portOf(adapter->getEndpoints().at(0)->getInfo()));
    peer::waitForTermination(signals);
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "ice-server: %s\n", error.what());
    return 1;
}
