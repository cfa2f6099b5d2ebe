/* SPDX-License-Identifier: MIT */
/*
 * bench-hostsize: does a sandbox cost more where the host is big? Each host is a
 * process of its own that holds one condition and spawns when it is told to;
 * they take turns, a few spawns each.
 */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURN 5 /* spawns in a row */
#define HOSTS (sizeof(hosts) / sizeof(hosts[0]))
#define THREADS 200
#define DESCRIPTORS 10000

enum { MEMORY = 1, MANY_THREADS = 2, FDS_EARLY = 4, FDS_LATE = 8 };

static struct host {
	const char *name;
	const char *what;
	int big;
	pid_t pid;
	int sock;
	bool skipped;
	char why[256];
	struct samples samples;
} hosts[] = {
	{ .name = "small", .what = "nothing but this program" },
	{ .name = "memory", .what = "memory touched, in 4 KiB pages", .big = MEMORY },
	{ .name = "threads", .what = "200 idle threads", .big = MANY_THREADS },
	{ .name = "fds", .what = "10,000 descriptors, opened before the config was made", .big = FDS_EARLY },
	{ .name = "fds-late", .what = "10,000 descriptors, opened after it", .big = FDS_LATE },
	{ .name = "all", .what = "all of it", .big = MEMORY | MANY_THREADS | FDS_EARLY },
};

static size_t mib = 4096;

static int touch_memory(char *why, size_t len)
{
	size_t bytes = mib << 20, available = 0;
	char line[128], *p;
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "MemAvailable: %zu kB", &available);
	if (f)
		fclose(f);
	if (available < (bytes + (1UL << 30)) >> 10) {
		snprintf(why, len, "only %zu MiB are available", available >> 10);
		return -1;
	}
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || madvise(p, bytes, MADV_NOHUGEPAGE) < 0) {
		snprintf(why, len, "mmap: %s", strerror(errno));
		return -1;
	}
	for (size_t at = 0; at < bytes; at += 4096)
		p[at] = 1;
	return 0;
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int start_threads(char *why, size_t len)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < THREADS && r == 0; i++)
		r = pthread_create(&thread, &attr, idle, NULL);
	pthread_attr_destroy(&attr);
	if (r)
		snprintf(why, len, "pthread_create: %s", strerror(r));
	return -r;
}

static int open_descriptors(char *why, size_t len)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < DESCRIPTORS + 100) {
		snprintf(why, len, "the hard limit of open files is %ju", (uintmax_t)limit.rlim_max);
		return -1;
	}
	for (int i = 0; i < DESCRIPTORS; i++) {
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
			snprintf(why, len, "descriptor %d: %s", i, strerror(errno));
			return -1;
		}
	}
	return 0;
}

static int become(struct host *h, struct bench_case *c, const struct target *t)
{
	int r = 0;

	if (h->big & MEMORY)
		r = touch_memory(h->why, sizeof(h->why));
	if (r == 0 && (h->big & FDS_EARLY))
		r = open_descriptors(h->why, sizeof(h->why));
	if (r == 0)
		r = library_open(c, t);
	if (r == 0 && (h->big & FDS_LATE))
		r = open_descriptors(h->why, sizeof(h->why));
	if (r == 0 && (h->big & MANY_THREADS))
		r = start_threads(h->why, sizeof(h->why));
	if (r == 0)
		r = c->run(c);
	if (r != 0 && c->why[0])
		snprintf(h->why, sizeof(h->why), "%.200s", c->why);
	return r;
}

/*
 * Says once whether it is ready (an empty text), then answers each request for TURN spawns with
 * their times.
 */
static void be_host(struct host *h, const struct target *t)
{
	struct bench_case c = { .composed = true };
	uint64_t ns[TURN], start;
	char request;
	int r;

	r = become(h, &c, t);
	if (r != 0 && !h->why[0])
		snprintf(h->why, sizeof(h->why), "the command ended with status %d", r);
	if (write(h->sock, h->why, sizeof(h->why)) < 0)
		_exit(1);
	while (r == 0 && read(h->sock, &request, 1) == 1) {
		for (int i = 0; i < TURN && r == 0; i++) {
			start = now_ns();
			r = c.run(&c);
			ns[i] = now_ns() - start;
		}
		if (r != 0)
			fprintf(stderr, "%s: %s\n", h->name, c.why);
		else if (write(h->sock, ns, sizeof(ns)) < 0)
			_exit(1);
	}
	_exit(r != 0);
}

static void start_host(struct host *h, const struct target *t)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		err(1, "socketpair");
	fflush(NULL);
	h->pid = fork();
	if (h->pid < 0)
		err(1, "fork");
	if (h->pid == 0) {
		/* The ends of its older brothers: they would not see the end of this program. */
		for (struct host *other = hosts; other < h; other++)
			close(other->sock);
		close(pair[0]);
		h->sock = pair[1];
		be_host(h, t);
	}
	close(pair[1]);
	h->sock = pair[0];
	if (read(h->sock, h->why, sizeof(h->why)) <= 0)
		errx(1, "%s: the host ended before its first spawn", h->name);
	h->skipped = h->why[0] != '\0';
}

static void take_turn(struct host *h)
{
	uint64_t ns[TURN];

	if (write(h->sock, "", 1) != 1 || read(h->sock, ns, sizeof(ns)) != sizeof(ns))
		errx(1, "%s: the host ended", h->name);
	for (int i = 0; i < TURN; i++)
		samples_add(&h->samples, ns[i]);
}

static void print(struct host *h, bool json)
{
	double p50 = (double)samples_at(&h->samples, 500), base = (double)samples_at(&hosts[0].samples, 500);

	if (json) {
		printf("%s\n  {\"name\": \"%s\", ", h == hosts ? "" : ",", h->name);
		if (h->skipped) {
			printf("\"skipped\": ");
			json_string(stdout, h->why);
			printf("}");
			return;
		}
		printf("\"min_ns\": %ju, \"p50_ns\": %.0f, \"p90_ns\": %ju, \"p50_ratio\": %.3f}",
		       (uintmax_t)samples_at(&h->samples, 0), p50, (uintmax_t)samples_at(&h->samples, 900),
		       base > 0 ? p50 / base : 0);
	} else if (h->skipped) {
		printf("%-9s skipped: %s\n", h->name, h->why);
	} else {
		printf("%-9s %9.1f %9.1f %9.1f %8.2f  %s\n", h->name,
		       (double)samples_at(&h->samples, 0) / 1e3, p50 / 1e3,
		       (double)samples_at(&h->samples, 900) / 1e3, base > 0 ? p50 / base : 0, h->what);
	}
}

static void read_options(int argc, char **argv, size_t *runs, bool *json)
{
	static const struct option longs[] = {
		{ "runs", 1, NULL, 'n' },
		{ "memory", 1, NULL, 'm' },
		{ "json", 0, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "n:m:", longs, NULL)) != -1) {
		if (opt == 'n')
			*runs = parse_count(optarg);
		else if (opt == 'm')
			mib = parse_count(optarg);
		else if (opt == 'j')
			*json = true;
		else
			errx(2, "usage: bench-hostsize [-n RUNS] [-m MIB] [--json]");
	}
}

int main(int argc, char **argv)
{
	struct target t = { .inside = "/target", .bind = true };
	size_t runs = 200, i, round;
	bool json = false;

	read_options(argc, argv, &runs, &json);
	need_sandbox();
	beside("tiny", t.file, sizeof(t.file));
	t.argv[0] = (char *)t.inside;
	for (i = 0; i < HOSTS; i++)
		start_host(&hosts[i], &t);
	if (hosts[0].skipped)
		errx(1, "%s", hosts[0].why);
	for (round = 0; round < (runs + TURN - 1) / TURN; round++)
		for (i = 0; i < HOSTS; i++)
			if (!hosts[(i + round) % HOSTS].skipped)
				take_turn(&hosts[(i + round) % HOSTS]);
	if (json)
		printf("{\"memory_mib\": %zu, \"hosts\": [", mib);
	else
		printf("%-9s %9s %9s %9s %8s  what the host holds (memory: %zu MiB)\n", "host", "min", "p50",
		       "p90", "x p50", mib);
	for (i = 0; i < HOSTS; i++)
		print(&hosts[i], json);
	if (json)
		printf("\n]}\n");
	for (i = 0; i < HOSTS; i++) {
		close(hosts[i].sock);
		waitpid(hosts[i].pid, NULL, 0);
		samples_free(&hosts[i].samples);
	}
	return 0;
}
