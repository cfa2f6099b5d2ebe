/* SPDX-License-Identifier: MIT */
/* sbx: libsandbox from a shell. Picks the subcommand; everything else is made of public calls. */
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const char usage[] =
	"usage: " CLI_NAME " run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"       " CLI_NAME " seccomp check|show|test|convert [--cap-add NAME]... NAME|FILE ...\n"
	"       " CLI_NAME " exec NAME [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"       " CLI_NAME " ls [--json]\n"
	"       " CLI_NAME " unpin FILE...\n"
	"       " CLI_NAME " net ls | rm BRIDGE...\n"
	"       " CLI_NAME " gc [--cgroup-parent PATH]\n"
	"       " CLI_NAME " --help | --version\n";

/* Flushed here, since a full disk or a closed pipe shows only then. */
static int finish_stdout(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	complain("cannot write to standard output", NULL);
	return EXIT_SBX;
}

static int do_run(int argc, char **argv, bool joins)
{
	struct run run = { .ns_new = SB_NS_ALL, .joins = joins };
	int code = EXIT_SBX;

	limits_init(&run);
	streams_init(&run);
	run.cfg = sb_config_new();
	if (!run.cfg) {
		complain("out of memory", NULL);
		return code;
	}
	if (options_parse(&run, argc, argv) < 0)
		goto out;
	if (run.help) {
		options_help(stdout, joins);
		code = 0;
		goto out;
	}
	if (run.trace_wanted) {
		run.trace = sb_trace_new();
		if (!run.trace || sb_set_trace(run.cfg, run.trace) < 0) {
			complain("out of memory", NULL);
			goto out;
		}
	}
	code = run_command(&run);
out:
	streams_close(&run, NULL);
	sb_config_free(run.cfg);
	sb_trace_free(run.trace);
	free(run.late);
	cgroup_free(&run);
	network_free(&run);
	return finish_stdout(code);
}

static int do_unpin(int argc, char **argv)
{
	int code = 0;

	if (argc < 2) {
		complain("which file?", "usage: " CLI_NAME " unpin FILE...");
		return EXIT_SBX;
	}
	for (int i = 1; i < argc; i++) {
		sb_error err = SB_INIT(sb_error);

		if (sb_unpin(argv[i], &err) < 0) {
			complain(err.message, err.hint);
			code = EXIT_SBX;
		}
	}
	return code;
}

static int do_version(void)
{
	uint32_t version = sb_version();

	printf("libsandbox " CLI_NAME " %u.%u.%u\n", version >> 16, version >> 8 & 0xff, version & 0xff);
	return finish_stdout(0);
}

static int do_help(void)
{
	fputs(usage, stdout);
	printf("\nRuns commands in isolation. See " CLI_NAME " run --help and " CLI_NAME "(1).\n");
	return finish_stdout(0);
}

/*
 * A caller that closed one of 0, 1 and 2 must not see our files turn up there, nor hand them to the
 * command.
 */
static int fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	return fd < 0 ? -errno : close(fd);
}

int main(int argc, char **argv)
{
	char text[256];

	if (getauxval(AT_SECURE)) {
		complain("this program must not be set-user-ID",
			 "unprivileged callers need no privilege for it");
		return EXIT_SBX;
	}
	if (fill_standard_fds() < 0)
		return EXIT_SBX;
	if (argc < 2) {
		complain("what to do?", "see " CLI_NAME " --help");
		return EXIT_SBX;
	}
	if (strcmp(argv[1], "run") == 0)
		return do_run(argc - 1, argv + 1, false);
	if (strcmp(argv[1], "exec") == 0)
		return do_run(argc - 1, argv + 1, true);
	if (strcmp(argv[1], "ls") == 0)
		return finish_stdout(do_ls(argc - 1, argv + 1));
	if (strcmp(argv[1], "unpin") == 0)
		return do_unpin(argc - 1, argv + 1);
	if (strcmp(argv[1], "seccomp") == 0)
		return finish_stdout(do_seccomp(argc - 1, argv + 1));
	if (strcmp(argv[1], "gc") == 0)
		return finish_stdout(do_gc(argc - 1, argv + 1));
	if (strcmp(argv[1], "net") == 0)
		return finish_stdout(do_net(argc - 1, argv + 1));
	if (strcmp(argv[1], "--version") == 0)
		return do_version();
	if (strcmp(argv[1], "--help") == 0)
		return do_help();
	snprintf(text, sizeof(text), "there is no command \"%.200s\"", argv[1]);
	complain(text, "to run a program: " CLI_NAME " run PROGRAM");
	return EXIT_SBX;
}
