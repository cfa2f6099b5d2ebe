/* SPDX-License-Identifier: MIT */
/*
 * bench-spawn: what a sandbox costs from the call that makes it to its end,
 * beside the floor and the peers. All cases take turns within one run, in an
 * order that changes, so that whatever else the machine does hits all alike.
 */
#include "box.h"
#include "policy/filter.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM_UP 3
#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct bench_case cases[] = {
	{ .name = "floor",
	  .what = "composed root, the kernel's work alone",
	  .composed = true,
	  .base = "floor",
	  .open = floor_open },
	{ .name = "library",
	  .what = "the same by sb_spawn, sb_proc_wait, sb_proc_free",
	  .composed = true,
	  .base = "floor",
	  .open = library_open },
	{ .name = "cli",
	  .what = "the same by the example command line",
	  .composed = true,
	  .base = "floor",
	  .open = cli_open },
	{ .name = "bwrap",
	  .what = "the same by bubblewrap, without a time namespace",
	  .composed = true,
	  .base = "floor",
	  .open = bwrap_open },
	{ .name = "crun",
	  .what = "the same by crun, without a time namespace and cgroups",
	  .composed = true,
	  .base = "floor",
	  .open = crun_open },
	{ .name = "floor-root",
	  .what = "/ kept and read-only, the kernel's work alone",
	  .base = "floor-root",
	  .open = floor_open },
	{ .name = "library-root", .what = "the same by the library", .base = "floor-root", .open = library_open },
	{ .name = "cli-root",
	  .what = "the same by the example command line",
	  .base = "floor-root",
	  .open = cli_open },
	{ .name = "bwrap-root",
	  .what = "the same by bubblewrap, --ro-bind / /",
	  .base = "floor-root",
	  .open = bwrap_open },
	{ .name = "unshare",
	  .what = "namespaces and /proc only, by unshare(1)",
	  .base = "floor-root",
	  .open = unshare_open },
	{ .name = "isolate",
	  .what = "a root of system directories, by isolate, without a cgroup",
	  .composed = true,
	  .base = "floor",
	  .open = isolate_open },
	{ .name = "minijail",
	  .what = "/ kept, by minijail0, without a filter",
	  .base = "floor-root",
	  .open = minijail_open },
	{ .name = "nsjail",
	  .what = "/ kept, by nsjail, without a filter",
	  .base = "floor-root",
	  .open = nsjail_open },
	{ .name = "firejail",
	  .what = "/ kept, by firejail, without a profile",
	  .base = "floor-root",
	  .open = firejail_open },
	{ .name = "vfork",
	  .what = "the command alone, by vfork, exec and wait",
	  .base = "vfork",
	  .open = vfork_open },
	{ .name = "warm",
	  .what = "in an open box of the library",
	  .composed = true,
	  .base = "vfork",
	  .open = warm_open,
	  .box = BOX_FILTER },
	{ .name = "warm-all",
	  .what = "the same with a cgroup, limits and captured output",
	  .composed = true,
	  .base = "vfork",
	  .open = warm_open,
	  .box = BOX_ALL },
	{ .name = "exec", .what = "the command alone, by posix_spawn", .base = "floor", .open = exec_open },
};

struct options {
	size_t runs;
	const char *only;
	char *script;
	bool json;
	bool list;
};

static bool is_chosen(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return !list;
}

static struct bench_case *find_case(const char *name)
{
	for (size_t i = 0; i < CASES; i++)
		if (strcmp(cases[i].name, name) == 0)
			return &cases[i];
	return NULL;
}

/* A list that names no case at all would pass for a run in which everything was well. */
static void check_list(const char *list)
{
	char *copy, *at, *name;

	copy = at = strdup(list);
	while (at && (name = strsep(&at, ",")))
		if (!find_case(name))
			errx(2, "there is no case '%s'; --list names them", name);
	free(copy);
}

static void open_case(struct bench_case *c, const struct target *t, const char *only)
{
	int r;

	if (!is_chosen(only, c->name)) {
		c->skipped = true;
		return;
	}
	if (!c->composed && strncmp(t->file, "/tmp/", 5) == 0) {
		snprintf(c->why, sizeof(c->why), "the command lies below /tmp, which is another one inside");
		r = -1;
	} else {
		r = c->open(c, t);
	}
	if (r == 0)
		r = c->run(c);
	if (r == 0 || t->keep_stdio)
		return;
	c->skipped = true;
	if (!c->why[0])
		snprintf(c->why, sizeof(c->why), "the command ended with status %d", r);
}

/* A case that worked once must go on working: a failure is not a sample. */
static void measure(struct bench_case *c, bool counts)
{
	uint64_t start, end;
	int r;

	start = now_ns();
	r = c->run(c);
	end = now_ns();
	if (r != 0)
		errx(1, "%s: %s", c->name, c->why[0] ? c->why : "the command failed");
	if (counts)
		samples_add(&c->samples, end - start);
}

static double ratio(struct bench_case *c, unsigned int permille)
{
	struct bench_case *base = find_case(c->base);
	uint64_t floor = samples_at(&base->samples, permille);

	return floor ? (double)samples_at(&c->samples, permille) / (double)floor : 0;
}

static void print_text(size_t runs, const struct target *t)
{
	printf("%zu runs of %s, uid %u; microseconds from the start to the reaped end\n", runs, t->file,
	       geteuid());
	printf("%-13s %9s %9s %9s %8s %8s  %s\n", "case", "min", "p50", "p90", "x min", "x p50", "what");
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];

		if (c->skipped && c->why[0])
			printf("%-13s skipped: %s\n", c->name, c->why);
		if (c->skipped)
			continue;
		printf("%-13s %9.1f %9.1f %9.1f ", c->name, (double)samples_at(&c->samples, 0) / 1e3,
		       (double)samples_at(&c->samples, 500) / 1e3,
		       (double)samples_at(&c->samples, 900) / 1e3);
		if (ratio(c, 0) > 0)
			printf("%8.2f %8.2f  %s\n", ratio(c, 0), ratio(c, 500), c->what);
		else
			printf("%8s %8s  %s\n", "-", "-", c->what);
	}
	printf("x: times %s, floor-root where / is kept, or vfork in an open box; of the same column\n",
	       cases[0].name);
}

static void print_json(size_t runs, const struct target *t)
{
	const char *comma = "";

	printf("{\"runs\": %zu, \"uid\": %u, \"target\": ", runs, geteuid());
	json_string(stdout, t->file);
	printf(", \"cases\": [");
	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];

		if (c->skipped && !c->why[0])
			continue;
		printf("%s\n  {\"name\": \"%s\", ", comma, c->name);
		comma = ",";
		if (c->skipped) {
			printf("\"skipped\": ");
			json_string(stdout, c->why);
			printf("}");
			continue;
		}
		printf("\"min_ns\": %ju, \"p50_ns\": %ju, \"p90_ns\": %ju",
		       (uintmax_t)samples_at(&c->samples, 0), (uintmax_t)samples_at(&c->samples, 500),
		       (uintmax_t)samples_at(&c->samples, 900));
		if (ratio(c, 0) > 0)
			printf(", \"base\": \"%s\", \"min_ratio\": %.3f, \"p50_ratio\": %.3f", c->base,
			       ratio(c, 0), ratio(c, 500));
		printf("}");
	}
	printf("\n]}\n");
}

/* 1 when the library cannot do what the floor can, 77 when not even the floor can. */
static int verdict(const char *only)
{
	int r = 0;

	for (size_t i = 0; i < CASES; i++) {
		struct bench_case *c = &cases[i];

		if (c->open != library_open || !c->skipped || !is_chosen(only, c->name))
			continue;
		if (!find_case(c->base)->skipped || !is_chosen(only, c->base))
			return 1;
		r = 77;
	}
	return r;
}

static void usage(void)
{
	puts("usage: bench-spawn [-n RUNS] [--case LIST] [--target FILE] [--cli FILE] [--json]\n"
	     "       bench-spawn [--case LIST] --look SCRIPT\n"
	     "       bench-spawn --list\n"
	     "  -n RUNS        measured runs of each case (default 200)\n"
	     "  --case LIST    only these cases, with commas between them\n"
	     "  --target FILE  what is run, below /usr or static (default: a tiny program)\n"
	     "  --cli FILE     the example command line (default: the one built with this)\n"
	     "  --look SCRIPT  measure nothing: sh -c SCRIPT once in each case, to see what is inside");
}

static void read_options(int argc, char **argv, struct options *o, struct target *t)
{
	static const struct option longs[] = {
		{ "runs", 1, NULL, 'n' }, { "case", 1, NULL, 'c' }, { "target", 1, NULL, 't' },
		{ "cli", 1, NULL, 'x' },  { "json", 0, NULL, 'j' }, { "look", 1, NULL, 'l' },
		{ "list", 0, NULL, 'L' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "n:h", longs, NULL)) != -1) {
		if (opt == 'n')
			o->runs = parse_count(optarg);
		else if (opt == 'c')
			o->only = optarg;
		else if (opt == 't' && strlen(optarg) < sizeof(t->file))
			strcpy(t->file, optarg);
		else if (opt == 'x')
			t->cli = optarg;
		else if (opt == 'j')
			o->json = true;
		else if (opt == 'l')
			o->script = optarg;
		else if (opt == 'L')
			o->list = true;
		else if (opt == 'h')
			exit((usage(), 0));
		else
			exit((usage(), 2));
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'", argv[optind]);
}

static void choose_target(struct options *o, struct target *t)
{
	static char cli[4096], flag[] = "-c";

	if (o->script) {
		strcpy(t->file, "/usr/bin/sh");
		t->argv[1] = flag;
		t->argv[2] = o->script;
		t->keep_stdio = true;
	}
	if (!t->file[0])
		beside("tiny", t->file, sizeof(t->file));
	t->bind = strncmp(t->file, "/usr/", 5) != 0 && strncmp(t->file, "/bin/", 5) != 0;
	t->inside = t->bind ? "/target" : t->file;
	t->argv[0] = (char *)t->inside;
	if (!t->cli)
		t->cli = beside(BENCH_CLI, cli, sizeof(cli));
	if (access(t->cli, X_OK) < 0)
		t->cli = NULL;
}

/* What sb_config_new() has: the floor loads the same program. */
static void default_filter(struct floor *f)
{
	struct sbi_filter *filter = atomic_load(&sbi_filter_cell_preset("default")->filter);

	f->filter = filter ? filter->code : NULL;
	f->filter_length = filter ? (unsigned short)filter->count : 0;
}

int main(int argc, char **argv)
{
	struct options o = { .runs = 200 };
	struct target t = { .file = "" };
	size_t i, round, order[CASES];

	read_options(argc, argv, &o, &t);
	for (i = 0; o.list && i < CASES; i++)
		printf("%-13s %s\n", cases[i].name, cases[i].what);
	if (o.list)
		return 0;
	if (o.only)
		check_list(o.only);
	choose_target(&o, &t);
	floor_filter = default_filter;
	for (i = 0; i < CASES; i++) {
		if (o.script && is_chosen(o.only, cases[i].name)) {
			printf("--- %s\n", cases[i].name);
			fflush(stdout);
		}
		open_case(&cases[i], &t, o.only);
		if (o.script && cases[i].why[0])
			printf("%s\n", cases[i].why);
	}
	for (round = 0; !o.script && round < o.runs + WARM_UP; round++) {
		next_order(order, CASES);
		for (i = 0; i < CASES; i++)
			if (!cases[order[i]].skipped)
				measure(&cases[order[i]], round >= WARM_UP);
	}
	if (!o.script && o.json)
		print_json(o.runs, &t);
	else if (!o.script)
		print_text(o.runs, &t);
	for (i = 0; i < CASES; i++) {
		if (cases[i].close)
			cases[i].close(&cases[i]);
		samples_free(&cases[i].samples);
	}
	return verdict(o.only);
}
