/*
 * Writes a log file for benchmarks: the same bytes for the same kind, number and seed.
 *
 *     corpus access|json|keyvalue|trace RECORDS SEED >FILE
 *
 * access: lines of an access log, about 192 bytes each. json: objects with ten members,
 * two of them nested. keyvalue: twelve key=value pairs. trace: stack traces of about
 * 5 KB, each some fifty lines behind a line that starts with a date.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct random {
    uint64_t state;
};

/* xorshift64*; the low bits are left out. */
static uint32_t next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)(random->state * UINT64_C(2685821657736338717) >> 32);
}

/* What one line is made of: drawn first, since arguments are evaluated in any order. */
struct draw {
    uint32_t at[13];
};

static struct draw draw(struct random *random)
{
    struct draw drawn;

    for (size_t i = 0; i < sizeof drawn.at / sizeof *drawn.at; i++)
        drawn.at[i] = next(random);
    return drawn;
}

/* 0 .. limit - 1 of one that was drawn. */
static uint32_t below(uint32_t drawn, uint32_t limit)
{
    return (uint32_t)((uint64_t)drawn * limit >> 32);
}

#define PICK(DRAWN, LIST) (LIST)[below(DRAWN, sizeof(LIST) / sizeof *(LIST))]

static const char *const methods[] = {"GET", "GET", "GET", "GET", "GET", "POST", "POST", "HEAD"};
static const char *const pages[] = {"/", "/shop/item/", "/shop/cart",
    "/search?q=weir&page=", "/api/v1/orders/",
    "/static/css/site.css?v=", "/static/js/app.js?v=", "/news/2026/"};
static const unsigned statuses[] = {200, 200, 200, 200, 200, 200, 304, 301, 404, 500};
static const char *const agents[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
    "curl/7.88.1",
    "ExampleBot/2.1 (+https://bot.example.com/)",
};
static const char *const users[] = {"-", "-", "-", "ada", "grace", "linus"};
static const char *const levels[] = {"INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"};
static const char *const classes[] = {"com.example.shop.order.OrderService.place",
    "com.example.shop.cart.CartController.checkout", "org.apache.http.impl.Client.execute",
    "java.util.concurrent.ThreadPoolExecutor.runWorker", "io.netty.channel.nio.NioEventLoop.run",
    "com.example.shop.db.Repository.findByCustomerAndState"};

static void put_access(struct random *random, uint32_t i)
{
    struct draw d = draw(random);

    printf("192.0.2.%u - %s [10/Oct/2026:%02u:%02u:%02u +0000] \"%s %s%u HTTP/1.1\" %u %u "
           "\"https://www.example.com/start/%u\" \"%s\"\n",
        below(d.at[0], 254) + 1, PICK(d.at[1], users), i / 3600 % 24, i / 60 % 60, i % 60,
        PICK(d.at[2], methods), PICK(d.at[3], pages), below(d.at[4], 100000),
        PICK(d.at[5], statuses), below(d.at[6], 50000), below(d.at[7], 1000000),
        PICK(d.at[8], agents));
}

static void put_json(struct random *random, uint32_t i)
{
    struct draw d = draw(random);

    printf("{\"time\":\"2026-10-10T%02u:%02u:%02u.%03uZ\",\"level\":\"%s\",\"ip\":\"192.0.2.%u\","
           "\"user\":\"%s\",\"request\":{\"method\":\"%s\",\"path\":\"%s%u\"},\"status\":%u,"
           "\"bytes\":%u,\"took\":%u.%u,\"message\":\"the \\\"order\\\" %u was taken\"}\n",
        i / 3600 % 24, i / 60 % 60, i % 60, below(d.at[0], 1000), PICK(d.at[1], levels),
        below(d.at[2], 254) + 1, PICK(d.at[3], users), PICK(d.at[4], methods), PICK(d.at[5], pages),
        below(d.at[6], 100000), PICK(d.at[7], statuses), below(d.at[8], 50000),
        below(d.at[9], 1000), below(d.at[10], 10), d.at[11]);
}

static void put_keyvalue(struct random *random, uint32_t i)
{
    struct draw d = draw(random);

    printf("time=2026-10-10T%02u:%02u:%02uZ level=%s host=web%u service=shop user=%s method=%s "
           "path=%s%u status=%u bytes=%u took=%u.%u trace=%08" PRIx32 "%08" PRIx32 " cache=%s\n",
        i / 3600 % 24, i / 60 % 60, i % 60, PICK(d.at[0], levels), below(d.at[1], 40),
        PICK(d.at[2], users), PICK(d.at[3], methods), PICK(d.at[4], pages), below(d.at[5], 100000),
        PICK(d.at[6], statuses), below(d.at[7], 50000), below(d.at[8], 1000), below(d.at[9], 10),
        d.at[10], d.at[11], below(d.at[12], 2) ? "hit" : "miss");
}

static void put_trace(struct random *random, uint32_t i)
{
    struct draw d = draw(random);
    unsigned n_frames = 40 + below(d.at[0], 40);

    printf("2026-10-10 %02u:%02u:%02u.%03u ERROR [worker-%u] the order %u could not be taken: "
           "java.lang.IllegalStateException: no connection left\n",
        i / 3600 % 24, i / 60 % 60, i % 60, below(d.at[1], 1000), below(d.at[2], 64), d.at[3]);
    for (unsigned frame = 0; frame < n_frames; frame++) {
        d = draw(random);
        printf("\tat %s$%u(Source%u.java:%u) ~[shop-%u.jar:?]\n", PICK(d.at[0], classes),
            below(d.at[1], 100), below(d.at[2], 1000), below(d.at[3], 2000), below(d.at[4], 100));
    }
}

static const struct {
    const char *name;
    void (*put)(struct random *random, uint32_t i);
} kinds[] = {
    {"access", put_access},
    {"json", put_json},
    {"keyvalue", put_keyvalue},
    {"trace", put_trace},
};

int main(int argc, char **argv)
{
    static char buffer[1 << 20];
    struct random random = {0x9E3779B97F4A7C15U};
    uint32_t n_records;

    if (argc != 4) {
        fputs("usage: corpus access|json|keyvalue|trace RECORDS SEED >FILE\n", stderr);
        return 64;
    }
    n_records = (uint32_t)strtoul(argv[2], NULL, 10);
    random.state ^= strtoul(argv[3], NULL, 10);
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, argv[1]) != 0)
            continue;
        for (uint32_t j = 0; j < n_records; j++)
            kinds[i].put(&random, j);
        return fflush(stdout) || ferror(stdout) ? 74 : 0;
    }
    fprintf(stderr, "corpus: there is no kind '%s'\n", argv[1]);
    return 64;
}
