/* limit: how quick an echo over mutual TLS 1.3 can be on this machine, in C on OpenSSL.
 *
 *     limit server --home DIR --port PORT
 *     limit client --home DIR --uri PYRO:bench@127.0.0.1:PORT --workload NAME --count N [--json]
 *
 * Both take --poll-microseconds N: look again and again for so long before sleeping (`limit-poll`).
 *
 * Follows docs/benchmark-contract.md. The server is one thread with epoll; the client blocks. Messages
 * are gathered: as many answers as came from one read go out in one record. It is one file because a
 * baseline must be readable in one go.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ECHO, NOTE, NUMBERS, USAGE };
enum { HEADER = 5, SMALL = 100, LARGE = 1 << 20, WINDOW = 64, BATCH = 100, ITEMS = 10000 };
enum { SCRATCH = 64 * 1024, MAXIMUM_MESSAGE = 64 << 20 };

static _Noreturn void die(const char *what) {
    fprintf(stderr, "limit: %s: %s\n", what, errno ? strerror(errno) : "");
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* ---- bytes ---- */

typedef struct { unsigned char *bytes; size_t start, end, capacity; } Buffer;

static void reserve(Buffer *b, size_t more) {
    if (b->end + more <= b->capacity) return;
    if (b->start) {
        memmove(b->bytes, b->bytes + b->start, b->end - b->start);
        b->end -= b->start;
        b->start = 0;
    }
    if (b->end + more <= b->capacity) return;
    b->capacity = b->end + more > 2 * b->capacity ? b->end + more : 2 * b->capacity;
    if (!(b->bytes = realloc(b->bytes, b->capacity))) die("memory");
}

static void append(Buffer *b, const void *bytes, size_t count) {
    reserve(b, count);
    memcpy(b->bytes + b->end, bytes, count);
    b->end += count;
}

/* An empty buffer of an idle connection costs nothing. */
static void release(Buffer *b) {
    free(b->bytes);
    memset(b, 0, sizeof *b);
}

static void put_frame(Buffer *b, unsigned char operation, const void *payload, uint32_t count) {
    uint32_t size = htonl(count + 1);
    reserve(b, HEADER + count);
    memcpy(b->bytes + b->end, &size, 4);
    b->bytes[b->end + 4] = operation;
    if (count) memcpy(b->bytes + b->end + HEADER, payload, count);
    b->end += HEADER + count;
}

/* The size of the whole frame at the start, or 0 when its header is not all there. */
static size_t frame_size(const unsigned char *bytes, size_t count) {
    uint32_t size;
    if (count < HEADER) return 0;
    memcpy(&size, bytes, 4);
    size = ntohl(size);
    if (size < 1 || size > MAXIMUM_MESSAGE) return SIZE_MAX;
    return (size_t)size + 4;
}

/* ---- TLS ---- */

static SSL_CTX *make_context(const char *home, int server) {
    char path[4096];
    SSL_CTX *context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    if (!context) die("context");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
    errno = 0;
    snprintf(path, sizeof path, "%s/identity/cert.pem", home);
    if (SSL_CTX_use_certificate_chain_file(context, path) != 1) die(path);
    snprintf(path, sizeof path, "%s/identity/key.pem", home);
    if (SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) != 1) die(path);
    snprintf(path, sizeof path, "%s/trust/roots.pem", home);
    if (SSL_CTX_load_verify_locations(context, path, NULL) != 1) die(path);
    return context;
}

static void no_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static double cpu_seconds(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t poll_nanoseconds; /* 0: sleep at once */

/* ---- server ---- */

typedef struct { SSL *ssl; int fd, accepted, wants_write; Buffer in, out; } Connection;
typedef struct { double cpu; int64_t notes; } Usage; /* one machine: host byte order */

static int64_t notes;
static unsigned char scratch[SCRATCH];

static void answer(Connection *c, const unsigned char *frame, size_t size) {
    const unsigned char *payload = frame + HEADER;
    uint32_t count = (uint32_t)(size - HEADER);
    switch (frame[4]) {
    case ECHO: put_frame(&c->out, ECHO, payload, count); break;
    case NOTE: notes++; break;
    case NUMBERS: {
        uint32_t items = 0;
        if (count == 4) memcpy(&items, payload, 4);
        for (uint64_t i = 0; i < ntohl(items); i++) put_frame(&c->out, NUMBERS, &i, 8);
        break;
    }
    case USAGE: {
        Usage usage = {cpu_seconds(), notes};
        put_frame(&c->out, USAGE, &usage, sizeof usage);
        break;
    }
    default: break;
    }
}

/* Answers all whole frames; returns how many bytes they took, or -1 for a bad frame. */
static ssize_t answer_all(Connection *c, const unsigned char *bytes, size_t count) {
    size_t taken = 0;
    for (;;) {
        size_t size = frame_size(bytes + taken, count - taken);
        if (size == SIZE_MAX) return -1;
        if (size == 0 || size > count - taken) return (ssize_t)taken;
        answer(c, bytes + taken, size);
        taken += size;
    }
}

/* Straight from the scratch buffer when no partial frame waits, so small calls are never copied. */
static int received(Connection *c, size_t count) {
    if (c->in.start == c->in.end) {
        ssize_t taken = answer_all(c, scratch, count);
        if (taken < 0) return -1;
        if ((size_t)taken < count) {
            size_t size = frame_size(scratch + taken, count - (size_t)taken);
            c->in.start = c->in.end = 0;
            reserve(&c->in, size && size != SIZE_MAX ? size : SCRATCH);
            append(&c->in, scratch + taken, count - (size_t)taken);
        }
        return 0;
    }
    append(&c->in, scratch, count);
    ssize_t taken = answer_all(c, c->in.bytes + c->in.start, c->in.end - c->in.start);
    if (taken < 0) return -1;
    c->in.start += (size_t)taken;
    if (c->in.start == c->in.end) release(&c->in);
    return 0;
}

static int flush(Connection *c) {
    while (c->out.start < c->out.end) {
        ERR_clear_error();
        int sent = SSL_write(c->ssl, c->out.bytes + c->out.start, (int)(c->out.end - c->out.start));
        if (sent > 0) { c->out.start += (size_t)sent; continue; }
        int error = SSL_get_error(c->ssl, sent);
        if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) return 1;
        return -1;
    }
    if (c->out.capacity > SCRATCH) release(&c->out);
    c->out.start = c->out.end = 0;
    return 0;
}

/* Reads until nothing is left, then writes all answers. Negative: the connection is over. */
static int serve(Connection *c) {
    if (!c->accepted) {
        ERR_clear_error();
        int done = SSL_accept(c->ssl);
        if (done != 1) {
            int error = SSL_get_error(c->ssl, done);
            return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
        }
        c->accepted = 1;
    }
    if (c->out.start < c->out.end) { /* no more work before the last answers are gone */
        int state = flush(c);
        if (state != 0) return state;
    }
    for (;;) {
        ERR_clear_error();
        int count = SSL_read(c->ssl, scratch, SCRATCH);
        if (count <= 0) {
            if (SSL_get_error(c->ssl, count) != SSL_ERROR_WANT_READ) return -1;
            break;
        }
        if (received(c, (size_t)count)) return -1;
        if (c->out.end - c->out.start >= SCRATCH) {
            int state = flush(c);
            if (state != 0) return state;
        }
    }
    int state = flush(c);
    if (state == 0) release(&c->out);
    return state;
}

static void close_connection(Connection *c) {
    SSL_free(c->ssl);
    close(c->fd);
    release(&c->in);
    release(&c->out);
    free(c);
}

static void accept_all(int listener, int epoll, SSL_CTX *context) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        no_delay(fd);
        Connection *c = calloc(1, sizeof *c);
        if (!c || !(c->ssl = SSL_new(context))) die("connection");
        c->fd = fd;
        SSL_set_fd(c->ssl, fd);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll");
    }
}

static int wait_for_events(int epoll, struct epoll_event *events, int maximum) {
    int count = 0;
    if (poll_nanoseconds) {
        int64_t until = now() + poll_nanoseconds;
        do count = epoll_wait(epoll, events, maximum, 0);
        while (count == 0 && now() < until);
    }
    return count ? count : epoll_wait(epoll, events, maximum, -1);
}

static void finish(int signal) { (void)signal; _exit(0); }

static int run_server(const char *home, int port) {
    SSL_CTX *context = make_context(home, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t length = sizeof address;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024)) die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll");
    signal(SIGTERM, finish);
    signal(SIGPIPE, SIG_IGN);
    printf("READY 127.0.0.1 %d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int count = wait_for_events(epoll, events, 64);
        for (int i = 0; i < count; i++) {
            Connection *c = events[i].data.ptr;
            if (!c) { accept_all(listener, epoll, context); continue; }
            int state = serve(c);
            if (state < 0) { close_connection(c); continue; }
            if (state != c->wants_write) {
                c->wants_write = state;
                event.events = state ? EPOLLOUT : EPOLLIN;
                event.data.ptr = c;
                epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
            }
        }
    }
}

/* ---- client ---- */

typedef struct { SSL *ssl; int fd; Buffer in; } Link;

static SSL_CTX *client_context;
static int server_port;

static Link open_link(void) {
    Link link = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    link.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(link.fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    no_delay(link.fd);
    if (!(link.ssl = SSL_new(client_context))) die("SSL_new");
    SSL_set_fd(link.ssl, link.fd);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link.ssl), "127.0.0.1");
    if (SSL_connect(link.ssl) != 1) die("TLS handshake");
    return link;
}

static void close_link(Link *link) {
    SSL_shutdown(link->ssl);
    SSL_free(link->ssl);
    close(link->fd);
    release(&link->in);
}

static void send_all(Link *link, Buffer *out) {
    while (out->start < out->end) {
        int sent = SSL_write(link->ssl, out->bytes + out->start, (int)(out->end - out->start));
        if (sent <= 0) die("write");
        out->start += (size_t)sent;
    }
    out->start = out->end = 0;
}

/* Returns when there is something to read, or when it has looked for long enough. */
static void poll_for_bytes(Link *link) {
    char byte;
    if (!poll_nanoseconds || SSL_has_pending(link->ssl)) return;
    int64_t until = now() + poll_nanoseconds;
    while (recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && now() < until) {}
}

/* The next whole frame, valid until the next call. */
static const unsigned char *receive(Link *link, size_t *size) {
    Buffer *in = &link->in;
    for (;;) {
        *size = frame_size(in->bytes + in->start, in->end - in->start);
        if (*size == SIZE_MAX) die("bad frame");
        if (*size && *size <= in->end - in->start) {
            const unsigned char *frame = in->bytes + in->start;
            in->start += *size;
            return frame;
        }
        if (in->start == in->end) in->start = in->end = 0;
        reserve(in, SCRATCH);
        poll_for_bytes(link);
        int count = SSL_read(link->ssl, in->bytes + in->end, (int)(in->capacity - in->end));
        if (count <= 0) die("read");
        in->end += (size_t)count;
    }
}

static int frame_waits(Link *link) {
    size_t size = frame_size(link->in.bytes + link->in.start, link->in.end - link->in.start);
    return size && size <= link->in.end - link->in.start;
}

static unsigned char payload[LARGE];
static Buffer out;

static void echo(Link *link, uint32_t count) {
    size_t size;
    put_frame(&out, ECHO, payload, count);
    send_all(link, &out);
    const unsigned char *frame = receive(link, &size);
    if (size != HEADER + count || memcmp(frame + HEADER, payload, count)) die("wrong echo");
}

static Usage ask_usage(Link *link) {
    Usage usage;
    size_t size;
    put_frame(&out, USAGE, NULL, 0);
    send_all(link, &out);
    const unsigned char *frame = receive(link, &size);
    if (size != HEADER + sizeof usage) die("wrong usage");
    memcpy(&usage, frame + HEADER, sizeof usage);
    return usage;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void unit(Link *link, const char *workload) {
    if (!strcmp(workload, "sequential")) echo(link, SMALL);
    else if (!strcmp(workload, "large")) echo(link, LARGE);
    else if (!strcmp(workload, "connect")) {
        Link other = open_link();
        echo(&other, SMALL);
        close_link(&other);
    } else if (!strcmp(workload, "oneway")) {
        put_frame(&out, NOTE, payload, SMALL);
        send_all(link, &out);
    } else if (!strcmp(workload, "batch") || !strcmp(workload, "batch-oneway")) {
        int oneway = workload[5] != 0;
        size_t size;
        for (int i = 0; i < BATCH; i++) put_frame(&out, oneway ? NOTE : ECHO, payload, SMALL);
        send_all(link, &out);
        for (int i = 0; i < BATCH && !oneway; i++) receive(link, &size);
    } else if (!strcmp(workload, "stream")) {
        uint32_t items = htonl(ITEMS);
        uint64_t value;
        size_t size;
        put_frame(&out, NUMBERS, &items, 4);
        send_all(link, &out);
        for (uint64_t i = 0; i < ITEMS; i++) {
            memcpy(&value, receive(link, &size) + HEADER, 8);
            if (value != i) die("wrong item");
        }
    } else die("unknown workload");
}

/* Keeps WINDOW calls in flight; as many new ones as answers came go out in one record. */
static void pipelined(Link *link, long count, int64_t *times) {
    long sent = 0, done = 0;
    size_t size;
    while (done < count) {
        while (sent < count && sent - done < WINDOW) {
            times[sent++] = -now();
            put_frame(&out, ECHO, payload, SMALL);
        }
        send_all(link, &out);
        do {
            receive(link, &size);
            times[done++] += now();
        } while (done < sent && frame_waits(link));
    }
}

/* Holds the connections open until standard input ends, so that the server can be looked at. */
static void idle_memory(long count) {
    Link *links = calloc((size_t)count, sizeof *links);
    if (!links) die("memory");
    for (long i = 0; i < count; i++) {
        links[i] = open_link();
        echo(&links[i], SMALL);
    }
    printf("{\"workload\": \"idle-memory\", \"count\": %ld}\n", count);
    fflush(stdout);
    while (getchar() != EOF) {}
    for (long i = 0; i < count; i++) close_link(&links[i]);
    free(links);
}

static void measure(const char *workload, long count) {
    if (!strcmp(workload, "idle-memory")) { idle_memory(count); return; }
    Link link = open_link();
    int in_flight = !strcmp(workload, "pipelined"), counted = strstr(workload, "oneway") != NULL;
    int single = !strcmp(workload, "connect") || !strcmp(workload, "stream");
    long per_unit = !strncmp(workload, "batch", 5) ? BATCH : !strcmp(workload, "stream") ? ITEMS : 1;
    long warm = single ? 1 : count / 10 < 50 ? count / 10 : 50;
    int64_t *times = calloc((size_t)count + 50, sizeof *times);
    if (in_flight) pipelined(&link, warm, times);
    else for (long i = 0; i < warm; i++) unit(&link, workload);
    Usage before = ask_usage(&link), after;
    int64_t expected = before.notes + count * per_unit, began = now(), end;
    double cpu = cpu_seconds();
    if (in_flight) pipelined(&link, count, times);
    else
        for (long i = 0; i < count; i++) {
            int64_t start = now();
            unit(&link, workload);
            times[i] = now() - start;
        }
    do { after = ask_usage(&link); } while (counted && after.notes < expected);
    end = now();
    double operations = (double)count * (double)per_unit, seconds = (double)(end - began) / 1e9;
    cpu = cpu_seconds() - cpu;
    qsort(times, (size_t)count, sizeof *times, ascending);
    printf("{\"workload\": \"%s\", \"count\": %ld, \"operations\": %.0f, \"seconds\": %.6f, "
           "\"per_second\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"client_cpu_us\": %.3f, "
           "\"server_cpu_us\": %.3f}\n",
           workload, count, operations, seconds, operations / seconds, (double)times[count / 2] / 1e3,
           (double)times[count * 99 / 100] / 1e3, cpu * 1e6 / operations,
           (after.cpu - before.cpu) * 1e6 / operations);
    free(times);
    close_link(&link);
}

int main(int argc, char **argv) {
    const char *home = NULL, *uri = NULL, *workloads[32] = {0};
    long counts[32] = {0}, asked = 0, counted = 0;
    int port = 0;
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--json")) continue;
        if (i + 1 >= argc) break;
        if (!strcmp(argv[i], "--home")) home = argv[++i];
        else if (!strcmp(argv[i], "--port")) port = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--poll-microseconds")) poll_nanoseconds = atol(argv[++i]) * 1000;
        else if (!strcmp(argv[i], "--uri")) uri = argv[++i];
        else if (!strcmp(argv[i], "--workload") && asked < 32) workloads[asked++] = argv[++i];
        else if (!strcmp(argv[i], "--count") && counted < 32) counts[counted++] = atol(argv[++i]);
    }
    /* Large buffers come from the heap again and again, not from fresh pages each time. */
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    if (argc > 1 && !strcmp(argv[1], "server") && home) return run_server(home, port);
    int right = argc > 1 && !strcmp(argv[1], "client") && home && uri && strrchr(uri, ':');
    if (!right || asked != counted || !asked) {
        fprintf(stderr, "usage: limit server --home DIR --port PORT\n"
                        "       limit client --home DIR --uri URI --workload NAME --count N [--json]\n");
        return 64;
    }
    server_port = atoi(strrchr(uri, ':') + 1);
    client_context = make_context(home, 0);
    memset(payload, 'x', sizeof payload);
    for (long i = 0; i < asked; i++) {
        if (counts[i] < 1) { fprintf(stderr, "limit: --count must be at least 1\n"); return 64; }
        measure(workloads[i], counts[i]);
    }
    return 0;
}
