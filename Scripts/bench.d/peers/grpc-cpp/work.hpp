// What both services do.
#pragma once

#include <algorithm>

#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"
#include "peer.hpp"

// Taken over, not copied: the request is not looked at again.
inline void echo(bench::Payload &request, bench::Payload &answer) {
    answer.mutable_data()->swap(*request.mutable_data());
}

inline void usage(bench::Used &answer) { answer.set_cpu(peer::cpuSeconds()); }

inline std::int64_t limited(std::int64_t items) { return std::clamp<std::int64_t>(items, 0, 1000000); }
