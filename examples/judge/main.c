/* SPDX-License-Identifier: MIT */
/*
 * A judge for programming contests: compiles a submission in a sandbox, runs it on each test in a
 * fresh one, several at once, and prints what became of it. docs/judge.md
 *	judge [OPTION]... SUBMISSION TESTS
 * SUBMISSION: a source in C, C++ or Python. TESTS: a directory with a NAME.in and a NAME.out for each test.
 */
#include "judge.h"

#include <dirent.h>
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOLUTION 0 /* members of a group */
#define INTERACTOR 1

/* The preset refuses these; here they are a verdict. AF_UNIX is what the C library may try in getpwuid(3). */
static const char FORBIDDEN[] = "kill socket if arg0 == AF_INET\n"
				"kill socket if arg0 == AF_INET6\n"
				"kill ptrace mount unshare setns bpf";

static struct limits limits = { .cpu = 1, .memory = 256, .output = 16, .disk = 16, .processes = 16 };
static struct limits house_limits = { .cpu = 10, .memory = 512, .output = 16, .disk = 128, .processes = 64 };
static double jobs;
static const char *referee_path;
static struct program solution, referee; /* the referee is a checker or an interactor */
static enum { EXACT, CHECKER, INTERACTIVE } kind;
static struct row *rows;
static size_t row_count;
static atomic_size_t next_row;

static const char USAGE[] =
	"usage: judge [OPTION]... SUBMISSION TESTS\n"
	"  -t SECONDS    cpu time of the solution, on each test (1)\n"
	"  -w SECONDS    wall clock time (twice that and one more)\n"
	"  -m MIB        memory (256)\n"
	"  -o MIB        output (16)\n"
	"  -p NUMBER     processes and threads (16)\n"
	"  -C SECONDS    cpu time of the compiler, and of the checker or interactor (10)\n"
	"  -c CHECKER    a source; is told INPUT ANSWER DIRECTORY, reads the output, exits with 42 (right) or 43\n"
	"  -i INTERACTOR the same, while the solution runs: what one writes the other reads\n"
	"  -j NUMBER     tests at the same time (as many as there are processors)\n"
	"  -J FILE       a line of JSON for each test";

/* --- one test ----------------------------------------------------------------------------- */

static void seat_solution(struct seat *seat, const struct limits *most)
{
	seat_open(seat, "judge", most);
	sb_add_seccomp(seat->cfg, FORBIDDEN);
	seat_program(seat, &solution, NULL);
}

/* Solutions never share a sandbox with what knows the answer. */
static void seat_referee(struct seat *seat, const struct row *row)
{
	seat_open(seat, "judge", &house_limits);
	seat_program(seat, &referee, (const char *const[]){ "/box/input", "/box/answer", "/box/", NULL });
	seat_put(seat, "/box/input", row->input, 0600);
	seat_put(seat, "/box/answer", row->answer, 0600);
}

static void check(struct row *row, struct bytes output)
{
	sb_result res = SB_INIT(sb_result);
	struct seat seat;

	seat_referee(&seat, row);
	sb_set_stream_data(seat.cfg, 0, output.data, output.len);
	if (seat_run(&seat, &res) < 0)
		errx(125, "the checker cannot be executed");
	judge_ruling(row, &seat, &res);
	seat_close(&seat);
}

static void run_alone(struct row *row)
{
	struct seat seat;

	seat_solution(&seat, &limits);
	sb_set_stream_data(seat.cfg, 0, row->input.data, row->input.len); /* a copy: it could be written to */
	if (seat_run(&seat, &row->res) < 0) {
		judge_unstartable(row);
	} else {
		judge_end(row, &seat);
		if (row->verdict == ACCEPTED && kind == CHECKER)
			check(row, seat_output(&seat, 1));
		else if (row->verdict == ACCEPTED)
			judge_words(row, seat_output(&seat, 1));
	}
	seat_close(&seat);
}

/* Who failed first decides; when the interactor ends, the game is over. */
static void play(struct row *row, struct seat seats[2], sb_group *group)
{
	sb_group_result joint = SB_INIT(sb_group_result);
	sb_member member = SB_INIT(sb_member);
	sb_result res = SB_INIT(sb_result);
	sb_error error = SB_INIT(sb_error);

	must(sb_group_wait(group, UINT64_MAX, &joint, &error), &error);
	for (unsigned i = 0; i < 2; i++)
		seats[i].proc = sb_group_proc(group, i);
	must(sb_proc_wait(seats[SOLUTION].proc, 0, &row->res, &error), &error);
	must(sb_proc_wait(seats[INTERACTOR].proc, 0, &res, &error), &error);
	if (joint.verdict == SB_WALL_EXCEEDED) {
		sb_group_member(group, SOLUTION, &member);
		judge_wait(row, &member);
	} else if (joint.member == SOLUTION) {
		row->res.verdict = joint.verdict;
		judge_end(row, &seats[SOLUTION]);
	} else {
		judge_ruling(row, &seats[INTERACTOR], &res);
	}
	seats[SOLUTION].proc = seats[INTERACTOR].proc = NULL;
}

static void run_interactive(struct row *row)
{
	struct limits most = limits;
	sb_error error = SB_INIT(sb_error);
	sb_group *group = sb_group_new();
	struct seat seats[2];
	int r;

	if (!group)
		errx(125, "out of memory");
	most.wall = 0; /* it is the group's */
	seat_solution(&seats[SOLUTION], &most);
	seat_referee(&seats[INTERACTOR], row);
	for (int i = 0; i < 2; i++)
		must(sb_group_add(group, seats[i].cfg, seats[i].box, &error), &error);
	must(sb_group_wire(group, SOLUTION, 1, INTERACTOR, 0, -1, UINT64_MAX, &error), &error);
	must(sb_group_wire(group, INTERACTOR, 1, SOLUTION, 0, -1, UINT64_MAX, &error), &error);
	sb_group_set_limit(group, SB_LIMIT_WALL, SECONDS(limits.wall), 0);
	sb_group_set_leader(group, INTERACTOR);
	r = sb_group_start(group, &error);
	if (r < 0 && error.step == SB_STEP_EXEC) {
		judge_unstartable(row);
	} else {
		must(r, &error);
		play(row, seats, group);
	}
	sb_group_free(group);
	seat_close(&seats[SOLUTION]);
	seat_close(&seats[INTERACTOR]);
}

/* A worker takes the next test until there is none; the library is used from all of them at once. */
static void *work(void *unused)
{
	size_t at;

	while ((at = atomic_fetch_add(&next_row, 1)) < row_count)
		(kind == INTERACTIVE ? run_interactive : run_alone)(&rows[at]);
	return unused;
}

static void run_all(void)
{
	pthread_t workers[64];
	size_t count = 0, wanted = (size_t)(jobs > 0 ? jobs : (double)sysconf(_SC_NPROCESSORS_ONLN));

	while (count < wanted && count < row_count && count < 64)
		if (pthread_create(&workers[count++], NULL, work, NULL) != 0)
			errx(125, "cannot start a thread");
	while (count > 0)
		pthread_join(workers[--count], NULL);
}

/* --- what it is told ------------------------------------------------------------------------- */

static void set_number(int letter, const char *text)
{
	static const struct {
		int letter;
		double *value;
	} numbers[] = {
		{ 't', &limits.cpu },    { 'w', &limits.wall },      { 'm', &limits.memory },
		{ 'o', &limits.output }, { 'p', &limits.processes }, { 'C', &house_limits.cpu },
		{ 'j', &jobs },
	};
	char *end;
	double value;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].letter != letter)
			continue;
		value = strtod(text, &end);
		if (end == text || *end || !(value > 0 && value < 1e6))
			errx(125, "-%c %s: a number above 0 expected", letter, text);
		*numbers[i].value = value;
		return;
	}
	errx(125, "%s", USAGE);
}

static const char *known(const char *path)
{
	if (!language_of(path))
		errx(125, "%s: the name of a source ends with .c, .cpp or .py", path);
	return path;
}

static int is_input(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return suffix && strcmp(suffix, ".in") == 0;
}

static void read_tests(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, is_input, versionsort);
	char path[4096];

	if (count < 0)
		err(125, "%s", directory);
	if (count == 0)
		errx(125, "%s: there is no NAME.in in it", directory);
	row_count = (size_t)count;
	rows = calloc(row_count, sizeof(*rows));
	if (!rows)
		errx(125, "out of memory");
	for (size_t i = 0; i < row_count; i++) {
		int len = (int)strlen(entries[i]->d_name) - 3;

		rows[i].res.size = sizeof(rows[i].res);
		snprintf(rows[i].name, sizeof(rows[i].name), "%.*s", len, entries[i]->d_name);
		make_plain(rows[i].name);
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		rows[i].input = read_file(path);
		snprintf(path, sizeof(path), "%s/%.*s.out", directory, len, entries[i]->d_name);
		rows[i].answer = read_file(path);
		free(entries[i]);
	}
	free(entries);
}

static void free_all(void)
{
	for (size_t i = 0; i < row_count; i++) {
		free(rows[i].input.data);
		free(rows[i].answer.data);
	}
	free(rows);
	free(solution.file.data);
	free(referee.file.data);
}

/* Return: an open FILE for JSON, or NULL. What is left at optind are the submission and its tests. */
static FILE *read_options(int argc, char **argv)
{
	FILE *json = NULL;
	int letter;

	while ((letter = getopt(argc, argv, "+t:w:m:o:p:C:j:c:i:J:")) != -1) {
		switch (letter) {
		case 'c':
		case 'i':
			kind = letter == 'c' ? CHECKER : INTERACTIVE;
			referee_path = known(optarg);
			break;
		case 'J':
			json = fopen(optarg, "we");
			if (!json)
				err(125, "%s", optarg);
			break;
		default:
			set_number(letter, optarg);
		}
	}
	if (optind + 2 != argc)
		errx(125, "%s", USAGE);
	if (limits.wall == 0)
		limits.wall = 2 * limits.cpu + 1;
	house_limits.wall = 5 * house_limits.cpu + 5; /* it is there for what sleeps only */
	return json;
}

/* Exit status: 0 accepted, 1 not, 125 it could not be judged. */
int main(int argc, char **argv)
{
	struct row failed = { .name = "compile", .res = SB_INIT(sb_result) };
	enum verdict verdict;
	FILE *json;

	json = read_options(argc, argv);
	known(argv[optind]);
	read_tests(argv[optind + 1]);
	if (referee_path && compile(referee_path, &house_limits, &referee, &failed.res) < 0)
		errx(125, "%s cannot be compiled", referee_path);
	if (compile(argv[optind], &house_limits, &solution, &failed.res) < 0) {
		judge_compiler(&failed);
		verdict = print_table(&failed, 1, json);
	} else {
		run_all();
		verdict = print_table(rows, row_count, json);
	}
	if (fflush(stdout) != 0 || (json && fclose(json) != 0))
		err(125, "what came of it cannot be written");
	free_all();
	return verdict == ACCEPTED ? 0 : verdict == JUDGE_ERROR ? 125 : 1;
}
