// The client of docs/benchmark-contract.md in Ice for C++ 3.7 (C++11 mapping).
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "Bench.h"
#include "ssl.hpp"

using Array = std::pair<const Ice::Byte *, const Ice::Byte *>;

class IceClient : public peer::Client {
public:
    IceClient(const Ice::CommunicatorPtr &communicator, int port) {
        service = Ice::uncheckedCast<Bench::ServicePrx>(
            communicator->stringToProxy("bench:ssl -h 127.0.0.1 -p " + std::to_string(port)));
        oneway = service->ice_oneway();
        batch = service->ice_batchOneway();
    }

    void unit(const std::string &workload) override {
        if (workload == "sequential") echo(*service, small);
        else if (workload == "large") echo(*service, large);
        else if (workload == "connect") connect();
        else if (workload == "oneway") oneway->note(array(small));
        else if (workload == "batch-oneway") onewayBatch();
        else throw std::runtime_error("Ice has no " + workload);
    }

    void pipelined(long count, std::vector<std::int64_t> &times) override {
        Flight flight{count, times};
        for (long i = std::min(peer::window, count); i > 0; i--) send(flight);
        std::unique_lock lock(flight.mutex);
        flight.finished.wait(lock, [&] { return flight.done == count || flight.failure; });
        if (flight.failure) std::rethrow_exception(flight.failure);
    }

    peer::Usage usage() override {
        auto used = service->used();
        return {used.cpu, used.notes};
    }

    void openIdle(long count) override {
        for (long i = 0; i < count; i++) {
            idle.push_back(onNewConnection());
            echo(*idle.back(), small);
        }
    }

private:
    struct Flight {
        const long count;
        std::vector<std::int64_t> &times;
        std::atomic<long> sent{0};
        std::mutex mutex;
        std::condition_variable finished;
        long done = 0;
        std::exception_ptr failure;

        Flight(long count, std::vector<std::int64_t> &times) : count(count), times(times) {}
    };

    // Each answer sends the next call, on the thread that read it.
    void send(Flight &flight) {
        auto number = flight.sent++;
        if (number >= flight.count) return;
        auto &time = flight.times[std::size_t(number)];
        time = -peer::now();
        service->echoAsync(
            array(small),
            [this, &flight, &time](const Array &answer) {
                peer::expect(answer.second - answer.first == long(small.size()), "echo");
                time += peer::now();
                send(flight);
                std::lock_guard lock(flight.mutex);
                if (++flight.done == flight.count) flight.finished.notify_one();
            },
            [&flight](std::exception_ptr failure) {
                std::lock_guard lock(flight.mutex);
                flight.failure = failure;
                flight.finished.notify_one();
            });
    }

    static Array array(const Bench::Bytes &data) { return {data.data(), data.data() + data.size()}; }

    void echo(Bench::ServicePrx &proxy, const Bench::Bytes &data) {
        peer::expect(proxy.echo(array(data)).size() == data.size(), "echo");
    }

    std::shared_ptr<Bench::ServicePrx> onNewConnection() {
        return service->ice_connectionId(std::to_string(++connections));
    }

    void connect() {
        auto proxy = onNewConnection();
        echo(*proxy, small);
        proxy->ice_getConnection()->close(Ice::ConnectionClose::Gracefully);
    }

    void onewayBatch() {
        for (long i = 0; i < peer::batchCalls; i++) batch->note(array(small));
        batch->ice_flushBatchRequests();
    }

    std::shared_ptr<Bench::ServicePrx> service, oneway, batch;
    std::vector<std::shared_ptr<Bench::ServicePrx>> idle;
    Bench::Bytes small = Bench::Bytes(peer::smallBytes, 'x'), large = Bench::Bytes(peer::largeBytes, 'x');
    long connections = 0;
};

int main(int argc, char **argv) try {
    peer::Arguments arguments(argc, argv);
    Ice::CommunicatorHolder communicator(iceSettings(arguments.home));
    IceClient client(communicator.communicator(), arguments.serverPort());
    peer::measureAll(client, arguments);
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "ice-client: %s\n", error.what());
    return 1;
}
