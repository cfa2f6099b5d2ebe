/* SPDX-License-Identifier: MIT */
/*
 * bench-steps: where the time of a creation goes. Spawns the same sandbox again
 * and again with a trace and prints the median of every step: when it began,
 * how long it took, and how long nothing was written down before it.
 */
#include "steptable.h"

#include <err.h>
#include <getopt.h>

static struct samples setup, wall, total;

static void spawn(const sb_config *cfg)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	uint64_t start, end;
	sb_proc *proc;
	int r;

	start = now_ns();
	r = sb_spawn(cfg, &proc, &error);
	if (r < 0)
		errx(1, "%s\n%s", error.message, error.hint);
	r = sb_proc_wait(proc, UINT64_MAX, &result, &error);
	sb_proc_free(proc);
	end = now_ns();
	if (r < 0)
		errx(1, "%s", error.message);
	samples_add(&total, end - start);
	samples_add(&setup, result.setup_ns);
	samples_add(&wall, result.wall_ns);
}

static void print_text(size_t runs)
{
	printf("%zu spawns; medians in microseconds; `before` = since the end of the lane's last step\n",
	       runs);
	steps_print();
	printf("set-up (sb_spawn to exec) %.1f, command %.1f, sb_spawn to freed %.1f; smallest %.1f\n",
	       (double)samples_at(&setup, 500) / 1e3, (double)samples_at(&wall, 500) / 1e3,
	       (double)samples_at(&total, 500) / 1e3, (double)samples_at(&total, 0) / 1e3);
}

static void print_json(size_t runs)
{
	printf("{\"runs\": %zu, \"setup_ns\": %ju, \"wall_ns\": %ju, \"total_ns\": %ju, \"steps\": [", runs,
	       (uintmax_t)samples_at(&setup, 500), (uintmax_t)samples_at(&wall, 500),
	       (uintmax_t)samples_at(&total, 500));
	steps_print_json();
	printf("\n]}\n");
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "runs", 1, NULL, 'n' },
		{ "host-root", 0, NULL, 'r' },
		{ "json", 0, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct target t = { .inside = "/target", .bind = true };
	sb_error error = SB_INIT(sb_error);
	bool json = false, composed = true;
	size_t runs = 200;
	sb_config *cfg;
	sb_trace *trace;
	int opt;

	while ((opt = getopt_long(argc, argv, "n:", longs, NULL)) != -1) {
		if (opt == 'n')
			runs = parse_count(optarg);
		else if (opt == 'j')
			json = true;
		else if (opt == 'r')
			composed = false;
		else
			errx(2, "usage: bench-steps [-n RUNS] [--host-root] [--json]");
	}
	need_sandbox();
	beside("tiny", t.file, sizeof(t.file));
	t.argv[0] = (char *)t.inside;
	cfg = bench_config(&t, composed, &error);
	trace = sb_trace_new();
	if (!cfg || !trace)
		errx(1, "%s\n%s", error.message, error.hint);
	spawn(cfg);
	samples_free(&total), samples_free(&setup), samples_free(&wall);
	sb_set_trace(cfg, trace);
	for (size_t i = 0; i < runs; i++, sb_trace_clear(trace)) {
		spawn(cfg);
		steps_note(trace);
	}
	if (json)
		print_json(runs);
	else
		print_text(runs);
	steps_free();
	sb_config_free(cfg);
	sb_trace_free(trace);
	return 0;
}
