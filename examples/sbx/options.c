/* SPDX-License-Identifier: MIT */
/*
 * Reads the options of `run` and `exec`: one table drives getopt_long(), the order of application
 * and --help.
 */
#include "sbx.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

static const struct {
	const char *title;
	const struct option_row *rows;
	bool makes; /* they say what a sandbox is like: not for `exec` */
} groups[] = {
	{ "The command", command_options, false },
	{ "Identity", identity_options, false },
	{ "Namespaces", namespace_options, true },
	{ "Network", network_options, true },
	{ "File system", fs_options, true },
	{ "Confinement", confine_options, false },
	{ "Standard input, output, error", stream_options, false },
	{ "Limits of the run", limit_options, false },
	{ "Its cgroup (version 2)", cgroup_options, false },
	{ "What " CLI_NAME " itself does", output_options, false },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))
#define ROWS_MAX 192
/*
 * getopt_long() answers with this plus the row's number for a long option, with the letter for a
 * short one.
 */
#define LONG_BASE 256

/* getopt_long()'s view of the table. */
struct getopt_table {
	struct option longs[ROWS_MAX + 1];
	const struct option_row *rows[ROWS_MAX];
	char shorts[2 * ROWS_MAX + 3];
	size_t count;
};

int refuse(struct run *run, const char *why)
{
	run->why = why;
	return -EINVAL;
}

int refuse_errno(struct run *run)
{
	int error = errno;

	run->why = strerror(error);
	return -error;
}

const char *setter_message(const sb_error *err)
{
	const char *colon = strstr(err->message, ": ");

	return strncmp(err->message, "sb_", 3) == 0 && colon ? colon + 2 : err->message;
}

static void table_fill(struct getopt_table *table, bool joins)
{
	size_t n = 0, s = 0;

	/*
	 * '+': the first word that is no option is the command; ':': tell "unknown" from "lacks an
	 * argument".
	 */
	table->shorts[s++] = '+';
	table->shorts[s++] = ':';
	for (size_t g = 0; g < GROUPS; g++) {
		const struct option_row *row = groups[g].rows;

		for (; row->name && n < ROWS_MAX && !(joins && groups[g].makes); row++, n++) {
			int has_arg = row->arg ? required_argument : no_argument;

			if (row->flags & ROW_OPTIONAL)
				has_arg = optional_argument;
			table->rows[n] = row;
			table->longs[n] = (struct option){ row->name, has_arg, NULL, LONG_BASE + (int)n };
			if (!row->letter)
				continue;
			table->shorts[s++] = row->letter;
			if (row->arg)
				table->shorts[s++] = ':';
		}
	}
	table->shorts[s] = '\0';
	table->longs[n] = (struct option){ NULL, 0, NULL, 0 };
	table->count = n;
}

static int complain_option(const struct run *run, const struct option_row *row, const char *arg, int r)
{
	char text[512];
	sb_error err = SB_INIT(sb_error);
	const char *why = run->why;

	/* A setter that refuses leaves its own words in the configuration. */
	if (!why && sb_config_check(run->cfg, &err) < 0)
		why = setter_message(&err);
	if (!why)
		why = strerror(-r);
	snprintf(text, sizeof(text), "--%s%s%.200s: %s", row->name, arg ? " " : "", arg ? arg : "", why);
	complain(text, err.code ? err.hint : NULL);
	return r;
}

static int apply(struct run *run, const struct option_row *row, const char *arg)
{
	int r;

	run->why = NULL;
	r = row->apply(run, arg);
	return r < 0 ? complain_option(run, row, arg, r) : 0;
}

static int take(struct run *run, const struct option_row *row, const char *arg)
{
	struct late_option *late;

	if ((row->flags & ROW_MOUNT) && !run->mount_option)
		run->mount_option = row->name;
	if (row->flags & ROW_CGROUP)
		run->cgroup.wanted = true;
	if (!(row->flags & ROW_LATE))
		return apply(run, row, arg);
	late = reallocarray(run->late, run->late_count + 1, sizeof(*late));
	if (!late)
		return complain_option(run, row, arg, -ENOMEM);
	run->late = late;
	late[run->late_count++] = (struct late_option){ row, arg };
	return 0;
}

static int complain_word(const char *what, const char *word, int letter, const char *hint)
{
	char text[256];

	if (word[0] == '-' && word[1] == '-')
		snprintf(text, sizeof(text), "%s: %.*s", what, (int)strcspn(word, "="), word);
	else
		snprintf(text, sizeof(text), "%s: -%c", what, letter);
	complain(text, hint);
	return -EINVAL;
}

/*
 * getopt_long() completes "--tr" to "--trace", and a later option would make that ambiguous: whole
 * names only.
 */
static bool is_abbreviated(const char *word, const struct option_row *row)
{
	return strcspn(word + 2, "=") != strlen(row->name);
}

static const struct option_row *row_of_letter(const struct getopt_table *table, int letter)
{
	for (size_t i = 0; i < table->count; i++)
		if (letter && table->rows[i]->letter == letter)
			return table->rows[i];
	return NULL;
}

static int next_option(struct run *run, struct getopt_table *table, int argc, char **argv)
{
	const struct option_row *row;
	const char *word = argv[optind];
	int c;

	c = getopt_long(argc, argv, table->shorts, table->longs, NULL);
	if (c < 0)
		return 0;
	if (c == ':')
		return complain_word("this option needs an argument", word, optopt, NULL);
	if (c == '?' && optopt >= LONG_BASE)
		return complain_word("this option takes no argument", word, optopt, NULL);
	row = c >= LONG_BASE ? table->rows[c - LONG_BASE] : row_of_letter(table, c);
	if (c == '?' || !row || (c >= LONG_BASE && is_abbreviated(word, row)))
		return complain_word("unknown option", word, optopt,
				     run->joins ? "see " CLI_NAME " exec --help"
						: "see " CLI_NAME " run --help");
	if (take(run, row, optarg) < 0)
		return -EINVAL;
	return 1;
}

static int apply_late(struct run *run, unsigned last)
{
	int r;

	for (size_t i = 0; i < run->late_count; i++) {
		if ((run->late[i].row->flags & ROW_LAST) != last)
			continue;
		r = apply(run, run->late[i].row, run->late[i].arg);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Up to the first word that is none of them. */
static int take_options(struct run *run, struct getopt_table *table, int argc, char **argv)
{
	int r;

	do {
		r = next_option(run, table, argc, argv);
	} while (r > 0);
	return r;
}

/* The sandbox stands before the options of `exec` or, as docker has it, behind them. */
static int take_sandbox(struct run *run, struct getopt_table *table, int argc, char **argv)
{
	sb_error err = SB_INIT(sb_error);

	if (run->help)
		return 0;
	if (!argv[optind] || strcmp(argv[optind - 1], "--") == 0) {
		complain("in which sandbox?",
			 "usage: " CLI_NAME " exec NAME [OPTION]... [--] COMMAND [ARGUMENT]...");
		return -EINVAL;
	}
	if (sb_set_join_name(run->cfg, argv[optind++]) < 0) {
		sb_config_check(run->cfg, &err);
		complain(setter_message(&err), err.hint);
		return -EINVAL;
	}
	return take_options(run, table, argc, argv);
}

int options_parse(struct run *run, int argc, char **argv)
{
	struct getopt_table table;
	int r;

	table_fill(&table, run->joins);
	opterr = 0;
	optind = 1;
	r = take_options(run, &table, argc, argv);
	if (r == 0 && run->joins)
		r = take_sandbox(run, &table, argc, argv);
	if (r < 0)
		return r;
	if (run->help)
		return 0;
	run->argv = (const char *const *)argv + optind;
	r = policy_defaults(run);
	if (r < 0)
		return r;
	r = apply_late(run, 0);
	if (r == 0)
		r = apply_late(run, ROW_LAST);
	if (r < 0)
		return r;
	return policy_finish(run);
}

static void help_row(FILE *to, const struct option_row *row)
{
	const char *before = "", *after = "";
	char left[64], letter[8] = "   ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c,", row->letter);
	if (row->arg)
		before = row->flags & ROW_OPTIONAL ? "[=" : " ";
	if (row->flags & ROW_OPTIONAL)
		after = "]";
	snprintf(left, sizeof(left), "%s --%s%s%s%s", letter, row->name, before, row->arg ? row->arg : "",
		 after);
	fprintf(to, "  %-31s %s\n", left, row->help);
}

void options_help(FILE *to, bool joins)
{
	static const char run_text[] =
		"usage: " CLI_NAME " run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
		"\n"
		"Runs a command in a sandbox of its own. Without options: every namespace is new,\n"
		"the root is read-only and holds the host's programs, /tmp is empty and private.\n";
	static const char exec_text[] =
		"usage: " CLI_NAME " exec NAME [OPTION]... [--] COMMAND [ARGUMENT]...\n"
		"\n"
		"Runs a command in a sandbox that " CLI_NAME " run --name NAME has made: with its files,\n"
		"processes and network, and with a filter and limits of its own.\n";

	fputs(joins ? exec_text : run_text, to);
	for (size_t g = 0; g < GROUPS; g++) {
		if (joins && groups[g].makes)
			continue;
		fprintf(to, "\n%s:\n", groups[g].title);
		for (const struct option_row *row = groups[g].rows; row->name; row++)
			help_row(to, row);
	}
}
