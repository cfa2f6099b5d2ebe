/* SPDX-License-Identifier: MIT */
/* What is told of the end: the meta file, the line on standard error, the exit code. */
#include "isolate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static FILE *meta;
static const char *meta_path;
static void (*undo_on_death)(void);

void *must(void *memory)
{
	if (!memory)
		die("out of memory");
	return memory;
}

char *text(const char *format, ...)
{
	char *made = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&made, format, args) < 0)
		made = NULL;
	va_end(args);
	return must(made);
}

void say(const struct request *req, const char *format, ...)
{
	va_list args;

	if (!req->verbose)
		return;
	va_start(args, format);
	fputs("isolate: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

void meta_open(const char *path)
{
	meta = fopen(path, "we");
	if (!meta)
		die("cannot write %s: %s", path, strerror(errno));
	meta_path = path;
}

/* One line whatever the text is: a value must not look like a key. */
static void put_text(const char *key, const char *value)
{
	if (!meta)
		return;
	fprintf(meta, "%s:", key);
	for (; *value; value++)
		fputc(*value == '\n' ? ' ' : *value, meta);
	fputc('\n', meta);
}

static void put_number(const char *key, uint64_t value)
{
	if (meta)
		fprintf(meta, "%s:%" PRIu64 "\n", key, value);
}

static void put_seconds(const char *key, uint64_t ns)
{
	if (meta)
		fprintf(meta, "%s:%.3f\n", key, (double)ns / 1e9);
}

static void close_meta(void)
{
	FILE *to = meta;
	bool failed = to && ferror(to);

	meta = NULL;
	if (to && (fclose(to) != 0 || failed))
		die("cannot write %s: %s", meta_path, strerror(errno));
}

void on_death(void (*undo)(void))
{
	undo_on_death = undo;
}

static void end(const char *message)
{
	void (*undo)(void) = undo_on_death;

	undo_on_death = NULL;
	put_text("status", "XX");
	put_text("message", message);
	close_meta();
	fprintf(stderr, "%s\n", message);
	if (undo)
		undo();
	exit(EXIT_INTERNAL);
}

void die(const char *format, ...)
{
	char message[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	end(message);
	abort();
}

void usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("isolate: ", stderr);
	vfprintf(stderr, format, args);
	fputs("\nisolate --help lists the options.\n", stderr);
	va_end(args);
	exit(EXIT_INTERNAL);
}

void die_error(const sb_error *err)
{
	die("%s%s%s", err->message, err->hint[0] ? ": " : "", err->hint);
}

static void put_figures(const struct request *req, const sb_result *res)
{
	put_seconds("time", res->user_ns + res->system_ns);
	put_seconds("time-wall", res->wall_ns);
	if (res->has & SB_HAS_RSS)
		put_number("max-rss", res->max_rss / 1024);
	if (res->has & SB_HAS_SWITCHES) {
		put_number("csw-voluntary", res->voluntary);
		put_number("csw-forced", res->involuntary);
	}
	if (req->cg && (res->has & SB_HAS_MEMORY_PEAK))
		put_number("cg-mem", res->memory_peak / 1024);
	if (req->cg && (res->has & SB_HAS_OOM_KILLS) && res->oom_kills)
		put_number("cg-oom-killed", 1);
}

/* With a grace it may have ended by itself, although its time was up. */
static bool killed_by_us(const sb_result *res)
{
	bool time_is_up = res->verdict == SB_CPU_EXCEEDED || res->verdict == SB_WALL_EXCEEDED;

	return time_is_up && (!(res->has & SB_HAS_CODE) || (res->signaled && res->code == 9));
}

static void put_end(const sb_result *res)
{
	if (killed_by_us(res))
		put_number("killed", 1);
	else if (res->verdict == SB_MEMORY_EXCEEDED)
		put_number("exitsig", res->signaled ? (uint64_t)res->code : 9);
	else if (res->signaled)
		put_number("exitsig", (uint64_t)res->code);
	else
		put_number("exitcode", (uint64_t)res->code);
}

/* Return: the two letters; NULL for a program that ended well. */
static const char *judge(const sb_result *res, char message[128])
{
	int signal = res->verdict == SB_MEMORY_EXCEEDED && !res->signaled ? 9 : res->code;

	if (res->verdict == SB_CPU_EXCEEDED || res->verdict == SB_WALL_EXCEEDED) {
		snprintf(message, 128, "Time limit exceeded%s",
			 res->verdict == SB_WALL_EXCEEDED ? " (wall clock)" : "");
		return "TO";
	}
	if (res->signaled || res->verdict == SB_MEMORY_EXCEEDED) {
		snprintf(message, 128, "Caught fatal signal %d", signal);
		return "SG";
	}
	if (res->code != 0) {
		snprintf(message, 128, "Exited with error status %d", (int)res->code);
		return "RE";
	}
	snprintf(message, 128, "OK (%.3f sec real, %.3f sec wall)",
		 (double)(res->user_ns + res->system_ns) / 1e9, (double)res->wall_ns / 1e9);
	return NULL;
}

int meta_result(const struct request *req, const sb_result *res)
{
	char message[128];
	const char *status = judge(res, message);

	put_figures(req, res);
	put_end(res);
	if (status) {
		put_text("status", status);
		put_text("message", message);
	}
	close_meta();
	if (!req->silent)
		fprintf(stderr, "%s\n", message);
	return status ? EXIT_FAILED : EXIT_SUCCESS;
}
