/* SPDX-License-Identifier: MIT */
/* The command line, as isolate's manual page describes it. */
#include "isolate.h"

#include <getopt.h>
#include <string.h>

enum {
	OPT_CG = 256,
	OPT_CG_MEM,
	OPT_CORE,
	OPT_STDERR_TO_STDOUT,
	OPT_SHARE_NET,
	OPT_INHERIT_FDS,
	OPT_SPECIAL_FILES,
	OPT_TTY_HACK,
	OPT_SYSCALLS,
	OPT_AS_UID,
	OPT_AS_GID,
	OPT_WAIT,
	OPT_NOTHING, /* what is so anyway */
	OPT_MODE,    /* plus enum mode; the last */
};

static const char shorts[] = "+M:m:t:w:x:b:k:f:q:i:o:r:c:p::n:E:ed:Dvsh";

static const struct option longs[] = {
	{ "init", no_argument, NULL, OPT_MODE + MODE_INIT },
	{ "run", no_argument, NULL, OPT_MODE + MODE_RUN },
	{ "cleanup", no_argument, NULL, OPT_MODE + MODE_CLEANUP },
	{ "print-cg-root", no_argument, NULL, OPT_MODE + MODE_CG_ROOT },
	{ "version", no_argument, NULL, OPT_MODE + MODE_VERSION },
	{ "help", no_argument, NULL, 'h' },
	{ "box-id", required_argument, NULL, 'b' },
	{ "meta", required_argument, NULL, 'M' },
	{ "stdin", required_argument, NULL, 'i' },
	{ "stdout", required_argument, NULL, 'o' },
	{ "stderr", required_argument, NULL, 'r' },
	{ "stderr-to-stdout", no_argument, NULL, OPT_STDERR_TO_STDOUT },
	{ "chdir", required_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "silent", no_argument, NULL, 's' },
	{ "wait", no_argument, NULL, OPT_WAIT },
	{ "mem", required_argument, NULL, 'm' },
	{ "time", required_argument, NULL, 't' },
	{ "wall-time", required_argument, NULL, 'w' },
	{ "extra-time", required_argument, NULL, 'x' },
	{ "stack", required_argument, NULL, 'k' },
	{ "open-files", required_argument, NULL, 'n' },
	{ "fsize", required_argument, NULL, 'f' },
	{ "quota", required_argument, NULL, 'q' },
	{ "core", required_argument, NULL, OPT_CORE },
	{ "processes", optional_argument, NULL, 'p' },
	{ "env", required_argument, NULL, 'E' },
	{ "full-env", no_argument, NULL, 'e' },
	{ "dir", required_argument, NULL, 'd' },
	{ "no-default-dirs", no_argument, NULL, 'D' },
	{ "cg", no_argument, NULL, OPT_CG },
	{ "cg-mem", required_argument, NULL, OPT_CG_MEM },
	{ "cg-timing", no_argument, NULL, OPT_NOTHING },
	{ "no-cg-timing", no_argument, NULL, OPT_NOTHING },
	{ "share-net", no_argument, NULL, OPT_SHARE_NET },
	{ "inherit-fds", no_argument, NULL, OPT_INHERIT_FDS },
	{ "special-files", no_argument, NULL, OPT_SPECIAL_FILES },
	{ "tty-hack", no_argument, NULL, OPT_TTY_HACK },
	{ "syscalls", required_argument, NULL, OPT_SYSCALLS },
	{ "as-uid", required_argument, NULL, OPT_AS_UID },
	{ "as-gid", required_argument, NULL, OPT_AS_GID },
	{ NULL, 0, NULL, 0 },
};

void options_help(FILE *to)
{
	fputs("usage: isolate [OPTION]... --init\n"
	      "       isolate [OPTION]... --run -- PROGRAM [ARGUMENT]...\n"
	      "       isolate [OPTION]... --cleanup\n"
	      "\n"
	      "  -b, --box-id=N           which box (default 0)\n"
	      "  -M, --meta=FILE          how the program ended\n"
	      "  -i, --stdin=FILE         -o, --stdout=FILE, -r, --stderr=FILE: of the sandbox\n"
	      "      --stderr-to-stdout   both are one\n"
	      "  -c, --chdir=DIR          start in DIR of the sandbox (default /box)\n"
	      "  -t, --time=S             -w, --wall-time=S, -x, --extra-time=S: limits in seconds\n"
	      "  -m, --mem=KB             -k, --stack=KB, -f, --fsize=KB, --core=KB: limits\n"
	      "  -n, --open-files=N       default 64; 0: any\n"
	      "  -p, --processes[=N]      default 1; without N: any\n"
	      "  -q, --quota=BLOCKS,INODES  of the disk; with --init\n"
	      "      --cg, --cg-mem=KB    a control group, and its limit\n"
	      "  -E, --env=VAR[=VALUE]    -e, --full-env: the environment is empty but for these\n"
	      "  -d, --dir=RULE           IN=OUT[:OPTIONS], DIR[:OPTIONS], IN=\n"
	      "  -D, --no-default-dirs    none but those of --dir\n"
	      "      --share-net, --inherit-fds, --special-files\n"
	      "      --wait, --as-uid=N, --as-gid=N, --print-cg-root, --version\n"
	      "  -v, --verbose            -s, --silent\n",
	      to);
}

static void number(const char *option, const char *arg, uint64_t max, uint64_t *out)
{
	if (parse_number(arg, max, out) < 0)
		usage("%s=%s: expected a number", option, arg);
}

static void seconds(const char *option, const char *arg, uint64_t *out)
{
	if (parse_seconds(arg, out) < 0)
		usage("%s=%s: expected seconds, such as 2 or 0.5", option, arg);
	/* 0 is no limit. */
	if (*out == 0)
		*out = NONE;
}

static void kilobytes(const char *option, const char *arg, uint64_t *out)
{
	if (parse_kilobytes(arg, out) < 0)
		usage("%s=%s: expected kilobytes", option, arg);
}

static void quota(struct request *req, const char *arg)
{
	char *copy = must(strdup(arg)), *inodes = copy, *blocks = strsep(&inodes, ",");

	if (!inodes)
		usage("--quota=%s: expected BLOCKS,INODES", arg);
	number("--quota", blocks, INT64_MAX / 1024, &req->quota_blocks);
	number("--quota", inodes, INT64_MAX, &req->quota_inodes);
	free(copy);
}

static void set_mode(struct request *req, enum mode mode)
{
	if (req->mode != MODE_NONE && req->mode != mode)
		usage("one of --init, --run and --cleanup, please");
	req->mode = mode;
}

static void add_env_rule(struct request *req, const char *rule)
{
	req->env_rules = must(reallocarray(req->env_rules, req->env_rule_count + 1, sizeof(*req->env_rules)));
	req->env_rules[req->env_rule_count++] = rule;
}

static void take_limit(struct request *req, int c, const char *arg)
{
	switch (c) {
	case 'm':
		kilobytes("--mem", arg, &req->memory);
		break;
	case 't':
		seconds("--time", arg, &req->time_ns);
		break;
	case 'w':
		seconds("--wall-time", arg, &req->wall_ns);
		break;
	case 'x':
		seconds("--extra-time", arg, &req->extra_ns);
		break;
	case 'k':
		kilobytes("--stack", arg, &req->stack);
		break;
	case 'f':
		kilobytes("--fsize", arg, &req->file_size);
		break;
	case 'n':
		number("--open-files", arg, INT64_MAX, &req->open_files);
		break;
	case 'p':
		req->processes = NONE;
		if (arg)
			number("--processes", arg[0] == '=' ? arg + 1 : arg, INT64_MAX, &req->processes);
		break;
	case 'q':
		quota(req, arg);
		break;
	case OPT_CORE:
		kilobytes("--core", arg, &req->core);
		break;
	default:
		kilobytes("--cg-mem", arg, &req->cg_memory);
		break;
	}
}

static void take_special(struct request *req, int c, const char *arg)
{
	uint64_t value = 0;

	if (c == OPT_SYSCALLS || c == OPT_AS_UID || c == OPT_AS_GID)
		number(c == OPT_SYSCALLS ? "--syscalls"
		       : c == OPT_AS_UID ? "--as-uid"
					 : "--as-gid",
		       arg, INT32_MAX, &value);
	if (c == OPT_CG)
		req->cg = true;
	else if (c == OPT_STDERR_TO_STDOUT)
		req->stderr_to_stdout = true;
	else if (c == OPT_SHARE_NET)
		req->share_net = true;
	else if (c == OPT_INHERIT_FDS)
		req->inherit_fds = true;
	else if (c == OPT_SPECIAL_FILES)
		req->special_files = true;
	else if (c == OPT_SYSCALLS)
		req->tight_calls = value != 0;
	else if (c == OPT_AS_UID)
		req->as_uid = (int)value;
	else if (c == OPT_AS_GID)
		req->as_gid = (int)value;
	else if (c == OPT_WAIT)
		req->wait = true;
	else if (c == OPT_TTY_HACK)
		usage("--tty-hack is not offered: a terminal that is shared can be typed into");
	else if (c >= OPT_MODE)
		set_mode(req, (enum mode)(c - OPT_MODE));
}

static void take(struct request *req, int c, const char *arg, const char *word)
{
	uint64_t value;

	switch (c) {
	case 'b':
		number("--box-id", arg, INT32_MAX, &value);
		req->box_id = (unsigned)value;
		break;
	case 'M':
		req->meta = arg;
		break;
	case 'i':
		req->stream[0] = arg;
		break;
	case 'o':
		req->stream[1] = arg;
		break;
	case 'r':
		req->stream[2] = arg;
		break;
	case 'c':
		req->chdir = arg;
		break;
	case 'E':
		add_env_rule(req, arg);
		break;
	case 'e':
		req->full_env = true;
		break;
	case 'd':
		rule_add(req, arg);
		break;
	case 'v':
		req->verbose++;
		break;
	case 's':
		req->silent = true;
		break;
	case 'h':
		req->mode = MODE_HELP;
		break;
	case '?':
		usage("what is %s?", word);
	default:
		if (c < 256 || c == OPT_CORE || c == OPT_CG_MEM)
			take_limit(req, c, arg);
		else
			take_special(req, c, arg);
	}
}

static void finish(struct request *req)
{
	if (req->mode == MODE_NONE)
		usage("what is to be done? --init, --run or --cleanup");
	if (req->mode == MODE_RUN && !req->argv[0])
		usage("which program? isolate --run -- PROGRAM");
	if (req->mode < MODE_CG_ROOT && req->mode != MODE_RUN && req->argv[0])
		usage("what is %s?", req->argv[0]);
	if (req->stderr_to_stdout && req->stream[2])
		usage("--stderr contradicts --stderr-to-stdout");
	if (req->cg_memory != NONE && !req->cg)
		usage("--cg-mem needs --cg");
}

/* Before the others, wherever it stands: the user's rules replace default ones. */
static bool has_no_default_dirs(int argc, char **argv)
{
	bool found = false;
	int c;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		found |= c == 'D';
	optind = 0;
	return found;
}

void options_parse(struct request *req, int argc, char **argv)
{
	int c;

	*req = (struct request){
		.as_uid = -1,
		.as_gid = -1,
		.time_ns = NONE,
		.wall_ns = NONE,
		.extra_ns = NONE,
		.memory = NONE,
		.cg_memory = NONE,
		.stack = NONE,
		.file_size = NONE,
		.open_files = 64,
		.processes = 1,
		.quota_blocks = NONE,
	};
	opterr = 0;
	req->no_default_dirs = has_no_default_dirs(argc, argv);
	if (!req->no_default_dirs)
		rules_default(req);
	do {
		const char *word = argv[optind ? optind : 1];

		c = getopt_long(argc, argv, shorts, longs, NULL);
		if (c >= 0 && c != 'D')
			take(req, c, optarg, word ? word : "");
	} while (c >= 0);
	req->argv = argv + optind;
	finish(req);
}

void request_free(struct request *req)
{
	for (size_t i = 0; i < req->rule_count; i++) {
		free(req->rules[i].in);
		free(req->rules[i].out);
	}
	for (size_t i = 0; i < req->env_count; i++)
		free(req->env[i]);
	free(req->rules);
	free(req->env);
	free(req->env_rules);
}
