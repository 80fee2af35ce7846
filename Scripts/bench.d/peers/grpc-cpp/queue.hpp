// The service with a completion queue, which one thread of ours empties.
#pragma once

#include "work.hpp"

using QueueService = bench::Bench::AsyncService;
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

    UnaryCall(QueueService &service, Queue &queue, Work work) : service(service), queue(queue), work(work) {
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
    QueueService &service;
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
    NumbersCall(QueueService &service, Queue &queue) : service(service), queue(queue) {
        service.RequestNumbers(&context, &count, &writer, &queue, &queue, this);
    }

    void proceed(bool right) override {
        if (!right || finished) {
            delete this;
            return;
        }
        if (sent == 0) new NumbersCall(service, queue);
        if (sent == limited(count.items())) {
            finished = true;
            return writer.Finish(grpc::Status::OK, this);
        }
        item.set_value(sent++);
        writer.Write(item, this);
    }

private:
    QueueService &service;
    Queue &queue;
    grpc::ServerContext context;
    bench::Count count;
    bench::Item item;
    grpc::ServerAsyncWriter<bench::Item> writer{&context};
    std::int64_t sent = 0;
    bool finished = false;
};

// Until the queue is shut down.
inline void serve(QueueService &service, Queue &queue) {
    using EchoCall = UnaryCall<bench::Payload, bench::Payload, &QueueService::RequestEcho>;
    using UsageCall = UnaryCall<bench::Nothing, bench::Used, &QueueService::RequestUsage>;
    new EchoCall(service, queue, echo);
    new UsageCall(service, queue, [](bench::Nothing &, bench::Used &answer) { usage(answer); });
    new NumbersCall(service, queue);
    void *tag = nullptr;
    bool right = false;
    while (queue.Next(&tag, &right)) static_cast<Call *>(tag)->proceed(right);
}
