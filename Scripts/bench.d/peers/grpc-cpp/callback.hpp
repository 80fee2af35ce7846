// The service with gRPC's callbacks: its own threads call it.
#pragma once

#include "work.hpp"

// Writes an item when the one before it is away.
class NumbersReactor final : public grpc::ServerWriteReactor<bench::Item> {
public:
    explicit NumbersReactor(std::int64_t count) : count(count) { next(); }

private:
    void OnWriteDone(bool right) override { right ? next() : Finish(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }

    void next() {
        if (sent == count) return Finish(grpc::Status::OK);
        item.set_value(sent++);
        StartWrite(&item);
    }

    const std::int64_t count;
    std::int64_t sent = 0;
    bench::Item item;
};

class CallbackService final : public bench::Bench::CallbackService {
    grpc::ServerUnaryReactor *Echo(grpc::CallbackServerContext *context, const bench::Payload *request,
                                   bench::Payload *answer) override {
        echo(*const_cast<bench::Payload *>(request), *answer);
        return finished(context);
    }

    grpc::ServerWriteReactor<bench::Item> *Numbers(grpc::CallbackServerContext *,
                                                   const bench::Count *request) override {
        return new NumbersReactor(limited(request->items()));
    }

    grpc::ServerUnaryReactor *Usage(grpc::CallbackServerContext *context, const bench::Nothing *,
                                    bench::Used *answer) override {
        usage(*answer);
        return finished(context);
    }

    static grpc::ServerUnaryReactor *finished(grpc::CallbackServerContext *context) {
        auto reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};
