/* SPDX-License-Identifier: MIT */
/*
 * bench-scale: runs a second by several threads, in slices that take turns; then
 * what many live sandboxes do to a new one, and what memory each of them holds.
 */
#include "scale.h"

#include <err.h>
#include <getopt.h>
#include <pthread.h>
#include <string.h>

#define THREADS 4
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct worker {
	const struct target *target;
	struct box box;  /* open all the time, if the kind wants one */
	sb_config *cfg;
	uint64_t end;
	double rate; /* of its last slice, a second */
	char why[256];
};

static int run_vfork(struct worker *w)
{
	int r = vfork_run(w->target->file, w->target->argv);

	if (r < 0)
		snprintf(w->why, sizeof(w->why), "%s", strerror(-r));
	return r;
}

static int run_box(struct worker *w)
{
	int r = box_run(&w->box);

	memcpy(w->why, w->box.why, sizeof(w->why));
	return r;
}

static int run_cold(struct worker *w)
{
	sb_error error = SB_INIT(sb_error);
	sb_proc *proc;
	int r = sb_spawn(w->cfg, &proc, &error);

	if (r == 0) {
		r = sb_proc_wait(proc, UINT64_MAX, NULL, &error);
		sb_proc_free(proc);
	}
	if (r < 0)
		snprintf(w->why, sizeof(w->why), "%s", error.message);
	return r < 0 ? r : 0;
}

static const size_t counts[] = { 1, 2, 4 };
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static struct kind {
	const char *name;
	const char *what;
	int (*run)(struct worker *w);
	bool boxed;
	unsigned int what_in_box;
	bool skipped; /* the first worker knows why */
	struct worker workers[THREADS];
	struct samples rates[COUNTS]; /* runs in 1,000 s */
} kinds[] = {
	{ .name = "vfork", .what = "vfork, exec, wait: no sandbox", .run = run_vfork },
	{ .name = "warm", .what = "in a box for each thread, default filter", .run = run_box, .boxed = true,
	  .what_in_box = BOX_FILTER },
	{ .name = "warm, all", .what = "… cgroup, limits, captured output", .run = run_box, .boxed = true,
	  .what_in_box = BOX_ALL },
	{ .name = "cold", .what = "a sandbox for each run", .run = run_cold },
};

static struct kind *running;

static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t start = now_ns(), now;
	size_t count = 0;

	w->rate = 0;
	do {
		if (running->run(w) != 0)
			return NULL;
		count++;
		now = now_ns();
	} while (now < w->end);
	w->rate = (double)count * 1e9 / (double)(now - start);
	return NULL;
}

/* Every thread counts by its own clock, so that the last run of a slow one is not half lost. */
static void slice(struct kind *k, size_t at, uint64_t ns, bool note)
{
	pthread_t threads[THREADS];
	double sum = 0;
	size_t i;
	int r;

	running = k;
	for (i = 0; i < counts[at]; i++)
		k->workers[i].end = now_ns() + ns;
	for (i = 0; i < counts[at]; i++) {
		r = pthread_create(&threads[i], NULL, work, &k->workers[i]);
		if (r)
			errx(1, "pthread_create: %s", strerror(r));
	}
	for (i = 0; i < counts[at]; i++) {
		pthread_join(threads[i], NULL);
		if (k->workers[i].rate <= 0)
			errx(1, "%s: %s", k->name, k->workers[i].why);
		sum += k->workers[i].rate;
	}
	if (note)
		samples_add(&k->rates[at], (uint64_t)(sum * 1e3));
}

static void open_kind(struct kind *k, const struct target *t)
{
	sb_error error = SB_INIT(sb_error);

	for (size_t i = 0; i < THREADS; i++) {
		struct worker *w = &k->workers[i];

		w->target = t;
		if (k->boxed && box_open(&w->box, t, k->what_in_box) < 0) {
			/* What needs a cgroup may be left out, and nothing else. */
			if (!(k->what_in_box & BOX_LEAF) || i > 0)
				errx(1, "%s: %s", k->name, w->box.why);
			k->skipped = true;
			return;
		}
		if (k->run != run_cold)
			continue;
		w->cfg = i ? k->workers[0].cfg : bench_config(t, true, &error);
		if (!w->cfg)
			errx(1, "%s", error.message);
	}
}

static void close_kind(struct kind *k)
{
	for (size_t i = 0; i < THREADS; i++)
		box_close(&k->workers[i].box);
	sb_config_free(k->workers[0].cfg);
	for (size_t at = 0; at < COUNTS; at++)
		samples_free(&k->rates[at]);
}

static double rate(struct kind *k, size_t at)
{
	return (double)samples_at(&k->rates[at], 500) / 1e3;
}

static void print_threads(size_t rounds, uint64_t slice_ns)
{
	printf("runs a second by 1, 2 and 4 threads, medians of %zu slices of %ju ms each; x 1: times one thread;\n"
	       "x vfork: that, times what it is of vfork\n",
	       rounds, (uintmax_t)(slice_ns / 1000000));
	printf("%-10s %8s %8s %8s %6s %6s %9s %9s  %s\n", "", "1", "2", "4", "2 x 1", "4 x 1", "2 x vfork",
	       "4 x vfork", "what");
	for (size_t i = 0; i < KINDS; i++) {
		struct kind *k = &kinds[i];
		double two = rate(k, 1) / rate(k, 0), four = rate(k, 2) / rate(k, 0);

		if (k->skipped) {
			printf("%-10s skipped: %s\n", k->name, k->workers[0].box.why);
			continue;
		}
		printf("%-10s %8.0f %8.0f %8.0f %6.2f %6.2f %9.2f %9.2f  %s\n", k->name, rate(k, 0),
		       rate(k, 1), rate(k, 2), two, four, two * rate(&kinds[0], 0) / rate(&kinds[0], 1),
		       four * rate(&kinds[0], 0) / rate(&kinds[0], 2), k->what);
	}
}

void scale_threads(const struct target *t, size_t rounds, uint64_t slice_ns)
{
	size_t order[KINDS * COUNTS];

	for (size_t i = 0; i < KINDS; i++)
		open_kind(&kinds[i], t);
	for (size_t round = 0; round < rounds + 1; round++) {
		next_order(order, KINDS * COUNTS);
		for (size_t i = 0; i < KINDS * COUNTS; i++)
			if (!kinds[order[i] / COUNTS].skipped)
				slice(&kinds[order[i] / COUNTS], order[i] % COUNTS, slice_ns, round > 0);
	}
	print_threads(rounds, slice_ns);
	for (size_t i = 0; i < KINDS; i++)
		close_kind(&kinds[i]);
}

int main(int argc, char **argv)
{
	struct target t = { .inside = "/target", .bind = true };
	size_t runs = 200, live = 1000, slice_ms = 100;
	const char *part = "";
	int option;

	while ((option = getopt(argc, argv, "n:l:s:p:")) != -1) {
		if (option == 'n')
			runs = parse_count(optarg);
		else if (option == 'l')
			live = parse_count(optarg);
		else if (option == 's')
			slice_ms = parse_count(optarg);
		else if (option == 'p')
			part = optarg;
		else
			errx(2,
			     "usage: bench-scale [-n RUNS] [-l LIVE] [-s SLICE_MS] [-p threads|live|memory]");
	}
	if (*part && strcmp(part, "threads") != 0 && strcmp(part, "live") != 0 && strcmp(part, "memory") != 0)
		errx(2, "there is no part '%s'", part);
	need_sandbox();
	beside("tiny", t.file, sizeof(t.file));
	t.argv[0] = (char *)t.inside;
	if (!*part || strcmp(part, "threads") == 0)
		scale_threads(&t, runs / 10 + 1, slice_ms * 1000000);
	if (!*part || strcmp(part, "live") == 0)
		scale_live(&t, runs, live);
	if (!*part || strcmp(part, "memory") == 0)
		scale_memory(&t, runs / 20 + 1, live < 200 ? live : 200);
	return 0;
}
