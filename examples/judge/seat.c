/* SPDX-License-Identifier: MIT */
/* A sandbox with one command in it: for the compiler, a solution, a checker or an interactor. */
#include "judge.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

struct language {
	const char *suffix, *source, *compile, *run[2];
};

static const struct language languages[] = {
	{ ".c", "/box/source.c", "gcc -O2 -std=gnu17 -o program source.c -lm", { "./program" } },
	{ ".cpp", "/box/source.cpp", "g++ -O2 -std=gnu++17 -o program source.cpp", { "./program" } },
	{ ".py",
	  "/box/source.py",
	  "python3 -m py_compile source.py && mv source.py program",
	  { "python3", "program" } },
};

/* What a sandbox cannot do is nobody's verdict. All that runs ends with this process. */
void must(int r, const sb_error *error)
{
	if (r < 0)
		errx(125, "%s%s%s", error->message, error->hint[0] ? "\nhint: " : "", error->hint);
}

/* No network, no files but the system's and those in /box, which is memory and goes with the sandbox. */
void seat_open(struct seat *seat, const char *policy, const struct limits *most)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", "TMPDIR=/box", "LC_ALL=C", NULL };
	sb_error error = SB_INIT(sb_error);
	sb_config *cfg = sb_config_new();

	if (!cfg)
		errx(125, "out of memory");
	sb_add_system_dirs(cfg);
	sb_add_proc(cfg, "/proc", 0);
	sb_add_dev(cfg, "/dev");
	sb_add_tmpfs(cfg, "/box", MIB(most->disk), 1000, 0700);
	sb_set_cwd(cfg, "/box");
	sb_set_env(cfg, env);
	sb_set_seccomp(cfg, policy);
	sb_set_rlimit(cfg, "stack", MIB(most->memory), MIB(most->memory));
	sb_set_limit(cfg, SB_LIMIT_CPU, SECONDS(most->cpu), 0);
	if (most->wall > 0)
		sb_set_limit(cfg, SB_LIMIT_WALL, SECONDS(most->wall), 0);
	sb_set_limit(cfg, SB_LIMIT_MEMORY, MIB(most->memory), 0);
	sb_set_limit(cfg, SB_LIMIT_PIDS, (uint64_t)most->processes, 0);
	sb_set_limit(cfg, SB_LIMIT_OUTPUT, MIB(most->output), 0);
	sb_set_optional(cfg, SB_APPLIED_CGROUP); /* without one figures are approximate, and say so */
	sb_set_stream_capture(cfg, 1, UINT64_MAX, 0);
	sb_set_stream_capture(cfg, 2, 65536, SB_STREAM_DROP);
	*seat = (struct seat){ .cfg = cfg };
	must(sb_box_open(cfg, &seat->box, &error), &error);
}

void seat_put(struct seat *seat, const char *path, struct bytes file, uint32_t mode)
{
	sb_error error = SB_INIT(sb_error);

	must(sb_box_put(seat->box, path, file.data, file.len, mode, &error), &error);
}

void seat_program(struct seat *seat, const struct program *program, const char *const args[])
{
	const char *argv[8] = { program->language->run[0], program->language->run[1] };
	size_t count = argv[1] ? 2 : 1;

	while (args && *args)
		argv[count++] = *args++;
	sb_set_command(seat->cfg, NULL, argv);
	seat_put(seat, "/box/program", program->file, 0700);
}

/* Return: 0, or -1 if the command could not even be executed. */
int seat_run(struct seat *seat, sb_result *res)
{
	sb_error error = SB_INIT(sb_error);
	int r = sb_box_spawn(seat->box, seat->cfg, &seat->proc, &error);

	if (r < 0 && error.step == SB_STEP_EXEC)
		return -1;
	must(r, &error);
	must(sb_proc_wait(seat->proc, UINT64_MAX, res, &error), &error);
	return 0;
}

/* What was captured; the seat's own. */
struct bytes seat_output(const struct seat *seat, int fd)
{
	const void *data = NULL;
	size_t len = 0;

	sb_proc_output(seat->proc, fd, &data, &len);
	return (struct bytes){ (void *)data, len };
}

void seat_close(struct seat *seat)
{
	sb_proc_free(seat->proc);
	sb_box_free(seat->box);
	sb_config_free(seat->cfg);
}

/* Return: by the end of the name, or NULL. */
const struct language *language_of(const char *path)
{
	const char *suffix = strrchr(path, '.');

	for (size_t i = 0; suffix && i < sizeof(languages) / sizeof(languages[0]); i++)
		if (strcmp(suffix, languages[i].suffix) == 0)
			return &languages[i];
	return NULL;
}

struct bytes read_file(const char *path)
{
	struct bytes file = { 0 };
	FILE *from = fopen(path, "r"), *to = open_memstream((char **)&file.data, &file.len);
	char chunk[65536];
	size_t got;

	if (!from || !to)
		err(125, "%s", path);
	while ((got = fread(chunk, 1, sizeof(chunk), from)) > 0)
		fwrite(chunk, 1, got, to);
	if (ferror(from) || fclose(to) != 0)
		err(125, "%s", path);
	fclose(from);
	return file;
}

/*
 * The compiler reads hostile text, so it is held to limits as well. Return: 0, or -1: its words are
 * on stderr.
 */
int compile(const char *path, const struct limits *most, struct program *program, sb_result *res)
{
	struct bytes source = read_file(path), words;
	sb_error error = SB_INIT(sb_error);
	struct seat seat;
	char *text;
	int r = -1;

	program->language = language_of(path);
	seat_open(&seat, "build", most);
	seat_put(&seat, program->language->source, source, 0600);
	sb_set_command(seat.cfg, "/bin/sh",
		       (const char *const[]){ "sh", "-c", program->language->compile, NULL });
	sb_set_stream_same(seat.cfg, 1, 2);
	if (seat_run(&seat, res) == 0 && res->verdict == SB_EXITED && res->code == 0)
		r = sb_box_get(seat.box, "/box/program", MIB(64), &program->file.data, &program->file.len,
			       &error);
	if (res->verdict == SB_EXITED && res->code == 127)
		errx(125, "%s: there is no compiler for it", path); /* so says the shell */
	words = seat_output(&seat, 2);
	text = strndup(words.len ? words.data : "", words.len);
	if (r < 0 && text) {
		make_plain(text);
		fputs(text, stderr);
	}
	free(text);
	free(source.data);
	seat_close(&seat);
	return r < 0 ? -1 : 0;
}
