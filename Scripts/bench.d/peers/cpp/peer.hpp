// What the C++ peers share: arguments, clocks, the loop that measures and the JSON object; see
// docs/benchmark-contract.md. A peer's client says how its system does each thing, this says what is timed.
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

namespace peer {

constexpr std::size_t smallBytes = 100, largeBytes = 1 << 20;
constexpr long window = 64, batchCalls = 100, streamItems = 10000;

struct Arguments {
    std::string home, uri, service;
    int port = 0;
    std::vector<std::pair<std::string, long>> runs;

    Arguments(int argc, char **argv) {
        for (int i = 1; i < argc; i++) {
            std::string name = argv[i];
            if (name == "--json") continue;
            if (i + 1 >= argc) throw std::runtime_error(name + " needs a value");
            std::string value = argv[++i];
            if (name == "--home") home = value;
            else if (name == "--port") port = std::stoi(value);
            else if (name == "--uri") uri = value;
            else if (name == "--service") service = value;
            else if (name == "--workload") runs.emplace_back(value, 0);
            else if (name == "--count" && !runs.empty()) runs.back().second = std::stol(value);
            else throw std::runtime_error("unknown argument " + name);
        }
        if (home.empty()) throw std::runtime_error("--home is missing");
    }

    // The port of PYRO:bench@127.0.0.1:PORT.
    int serverPort() const {
        auto colon = uri.rfind(':');
        if (colon == std::string::npos) throw std::runtime_error("--uri is missing");
        return std::stoi(uri.substr(colon + 1));
    }
};

inline std::string readFile(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// User and system time of this process so far.
inline double cpuSeconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

inline std::int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

inline void expect(bool right, const char *what) {
    if (!right) throw std::runtime_error(std::string("wrong ") + what);
}

// Call before a thread is started: SIGTERM is for waitForTermination alone.
inline sigset_t blockTermination() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

inline void waitForTermination(const sigset_t &signals) {
    int signal = 0;
    sigwait(&signals, &signal);
}

inline void printReady(int port) {
    std::printf("READY 127.0.0.1 %d\n", port);
    std::fflush(stdout);
}

struct Usage {
    double cpu;
    std::int64_t notes;
};

class Client {
public:
    virtual ~Client() = default;
    // One unit of any workload but pipelined and idle-memory.
    virtual void unit(const std::string &workload) = 0;
    // Keeps `window` calls in flight; the nanoseconds from sending to answer go to `times`.
    virtual void pipelined(long count, std::vector<std::int64_t> &times) = 0;
    virtual Usage usage() = 0;
    // Opens connections that stay, with one call on each.
    virtual void openIdle(long count) = 0;
};

inline void holdIdle(Client &client, long count) {
    client.openIdle(count);
    std::printf("{\"workload\": \"idle-memory\", \"count\": %ld}\n", count);
    std::fflush(stdout);
    while (std::getchar() != EOF) {}
}

inline void measure(Client &client, const std::string &workload, long count) {
    if (count < 1) throw std::runtime_error("--count must be at least 1");
    if (workload == "idle-memory") return holdIdle(client, count);
    bool inFlight = workload == "pipelined", counted = workload.find("oneway") != std::string::npos;
    bool single = workload == "connect" || workload == "stream";
    long perUnit = workload == "stream" ? streamItems : workload.rfind("batch", 0) == 0 ? batchCalls : 1;
    long warm = single ? 1 : std::min(50L, count / 10);
    std::vector<std::int64_t> times(std::size_t(std::max(count, warm)));
    if (inFlight) client.pipelined(warm, times);
    else for (long i = 0; i < warm; i++) client.unit(workload);
    Usage before = client.usage(), after{};
    double cpu = cpuSeconds();
    std::int64_t began = now();
    if (inFlight) client.pipelined(count, times);
    else
        for (long i = 0; i < count; i++) {
            std::int64_t start = now();
            client.unit(workload);
            times[std::size_t(i)] = now() - start;
        }
    do after = client.usage();
    while (counted && after.notes < before.notes + count * perUnit);
    double seconds = double(now() - began) / 1e9, operations = double(count) * double(perUnit);
    cpu = cpuSeconds() - cpu;
    times.resize(std::size_t(count));
    std::sort(times.begin(), times.end());
    std::printf("{\"workload\": \"%s\", \"count\": %ld, \"operations\": %.0f, \"seconds\": %.6f, "
                "\"per_second\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"client_cpu_us\": %.3f, "
                "\"server_cpu_us\": %.3f}\n",
                workload.c_str(), count, operations, seconds, operations / seconds,
                double(times[std::size_t(count / 2)]) / 1e3,
                double(times[std::size_t(count * 99 / 100)]) / 1e3,
                cpu * 1e6 / operations, (after.cpu - before.cpu) * 1e6 / operations);
    std::fflush(stdout);
}

inline void measureAll(Client &client, const Arguments &arguments) {
    for (auto &[workload, count] : arguments.runs) measure(client, workload, count);
}

}  // namespace peer
