/* SPDX-License-Identifier: MIT */
/*
 * bench-seccomp: what a filter adds to a run, what it takes to load, and what it
 * costs each system call. Everything in turns; our own tree of numbers beside
 * what libseccomp makes of the same rules, in a list and as its binary tree.
 */
#include "bench.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp_load.h"

#define CALLS 100000U

static struct spawn_case {
	const char *name;
	sb_config *cfg;
	struct samples total, setup;
} spawns[] = { { .name = "none" }, { .name = "default" }, { .name = "judge" }, { .name = "docker's" } };
#define SPAWNS (sizeof(spawns) / sizeof(spawns[0]))

static struct load_case {
	const char *name;
	const char *preset; /* NULL: docker's */
	enum compiler by;
	struct program program;
	struct samples load, getpid, ioctl;
} loads[] = {
	{ .name = "none" },
	{ .name = "default", .preset = "default", .by = OURS },
	{ .name = "judge", .preset = "judge", .by = OURS },
	{ .name = "docker's", .by = OURS },
	{ .name = "docker's, libseccomp, list", .by = LIBSECCOMP_LIST },
	{ .name = "docker's, libseccomp, tree", .by = LIBSECCOMP_TREE },
};
#define LOADS (sizeof(loads) / sizeof(loads[0]))

/* A profile like docker's, as the example command line translates it. */
static char *docker_text(const char *cli)
{
	char command[8192], *text = NULL;
	size_t size = 0;
	FILE *from;

	snprintf(command, sizeof(command), "'%s' seccomp convert '%s'", cli, BENCH_PROFILE);
	from = popen(command, "re");
	if (!from || getdelim(&text, &size, '\0', from) < 0 || pclose(from) != 0)
		errx(1, "%s failed", command);
	return text;
}

static void open_spawns(const struct target *t, const char *docker)
{
	sb_error error = SB_INIT(sb_error);

	for (size_t i = 0; i < SPAWNS; i++) {
		spawns[i].cfg = bench_config(t, true, &error);
		if (!spawns[i].cfg)
			errx(1, "%s", error.message);
		if (i == SPAWNS - 1)
			sb_set_seccomp_text(spawns[i].cfg, docker, NULL);
		else
			sb_set_seccomp(spawns[i].cfg, spawns[i].name);
	}
}

static void spawn(struct spawn_case *c, bool count)
{
	sb_error error = SB_INIT(sb_error);
	sb_result result = SB_INIT(sb_result);
	uint64_t start = now_ns();
	sb_proc *proc = NULL;

	if (sb_spawn(c->cfg, &proc, &error) < 0 || sb_proc_wait(proc, UINT64_MAX, &result, &error) < 0)
		errx(1, "%s: %s", c->name, error.message);
	sb_proc_free(proc);
	if (!count)
		return;
	samples_add(&c->total, now_ns() - start);
	samples_add(&c->setup, result.setup_ns);
}

static double median(struct samples *s, double unit)
{
	return (double)samples_at(s, 500) / unit;
}

static void print_spawns(size_t runs)
{
	printf("%zu runs each; medians in microseconds, and what is added to none\n", runs);
	printf("%-28s %9s %9s %9s %9s\n", "a run with", "total", "added", "set-up", "added");
	for (size_t i = 0; i < SPAWNS; i++) {
		double total = median(&spawns[i].total, 1e3), setup = median(&spawns[i].setup, 1e3);

		printf("%-28s %9.1f %9.1f %9.1f %9.1f\n", spawns[i].name, total,
		       total - median(&spawns[0].total, 1e3), setup,
		       setup - median(&spawns[0].setup, 1e3));
	}
}

static void open_loads(const char *docker)
{
	for (size_t i = 1; i < LOADS; i++)
		program_make(&loads[i].program, loads[i].preset, docker, loads[i].by);
}

static void load(struct load_case *c, bool count)
{
	struct times times = program_measure(&c->program, CALLS);

	if (!count)
		return;
	samples_add(&c->load, times.load_ns);
	samples_add(&c->getpid, times.getpid_ns);
	samples_add(&c->ioctl, times.ioctl_ns);
}

static void print_loads(size_t runs)
{
	printf("\n%zu children each; loading in us, calls in ns; x: times that without a filter\n", runs);
	printf("%-28s %7s %9s %9s %6s %9s %6s\n", "a process with", "length", "loading", "getpid", "x",
	       "ioctl", "x");
	for (size_t i = 0; i < LOADS; i++) {
		struct load_case *c = &loads[i];

		printf("%-28s %7u %9.1f %9.1f %6.2f %9.1f %6.2f\n", c->name, c->program.count,
		       median(&c->load, 1e3), median(&c->getpid, CALLS),
		       median(&c->getpid, 1) / median(&loads[0].getpid, 1), median(&c->ioctl, CALLS),
		       median(&c->ioctl, 1) / median(&loads[0].ioctl, 1));
	}
}

int main(int argc, char *argv[])
{
	struct target target = { .inside = "/tiny", .bind = true };
	char cli[4096], *docker;
	size_t runs = 300;
	int option;

	while ((option = getopt(argc, argv, "n:")) >= 0) {
		if (option != 'n')
			errx(2, "usage: %s [-n RUNS]", argv[0]);
		runs = parse_count(optarg);
	}
	need_sandbox();
	beside("tiny", target.file, sizeof(target.file));
	target.argv[0] = (char *)target.inside;
	docker = docker_text(beside(BENCH_CLI, cli, sizeof(cli)));
	open_spawns(&target, docker);
	open_loads(docker);
	for (size_t n = 0; n <= runs; n++)
		for (size_t i = 0; i < SPAWNS; i++)
			spawn(&spawns[(i + n) % SPAWNS], n > 0);
	print_spawns(runs);
	runs = runs / 4 + 1;
	for (size_t n = 0; n <= runs; n++)
		for (size_t i = 0; i < LOADS; i++)
			load(&loads[(i + n) % LOADS], n > 0);
	print_loads(runs);
	for (size_t i = 0; i < SPAWNS; i++) {
		sb_config_free(spawns[i].cfg);
		samples_free(&spawns[i].total);
		samples_free(&spawns[i].setup);
	}
	for (size_t i = 0; i < LOADS; i++) {
		samples_free(&loads[i].load);
		samples_free(&loads[i].getpid);
		samples_free(&loads[i].ioctl);
		free(loads[i].program.code);
	}
	free(docker);
	return 0;
}
