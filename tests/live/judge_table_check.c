// SPDX-License-Identifier: MIT
/* Holds the end of a run against its row, and looks for what it may have left. */
#include "judge_table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void judge_wrong(struct judge_run *run, const char *fmt, ...)
{
	size_t n = strlen(run->why);
	va_list ap;

	if (n > JUDGE_WHY - 4)
		return;
	if (n)
		n += (size_t)snprintf(run->why + n, JUDGE_WHY - n, "; ");
	va_start(ap, fmt);
	vsnprintf(run->why + n, JUDGE_WHY - n, fmt, ap);
	va_end(ap);
}

static const char *verdict_name(int verdict)
{
	static const char *const names[] = { "nothing",         "exited",        "signaled",
					     "killed",          "lost",          "memory_exceeded",
					     "filtered",        "cpu_exceeded",  "wall_exceeded",
					     "output_exceeded", "pids_exceeded", "not_started" };

	return verdict < 0 || verdict > SB_NOT_STARTED ? "?" : names[verdict];
}

static uint64_t bit_of(int verdict)
{
	switch (verdict) {
	case SB_CPU_EXCEEDED:
		return SB_LIMIT_BIT(SB_LIMIT_CPU);
	case SB_WALL_EXCEEDED:
		return SB_LIMIT_BIT(SB_LIMIT_WALL);
	case SB_MEMORY_EXCEEDED:
		return SB_LIMIT_BIT(SB_LIMIT_MEMORY);
	case SB_PIDS_EXCEEDED:
		return SB_LIMIT_BIT(SB_LIMIT_PIDS);
	case SB_OUTPUT_EXCEEDED:
		return SB_LIMIT_BIT(SB_LIMIT_OUTPUT);
	default:
		return 0;
	}
}

/* By a signal, or with a status? And its number. */
static void check_code(struct judge_run *run, const sb_result *res)
{
	const struct judge_row *row = run->row;
	uint32_t signaled = row->verdict != SB_EXITED;

	if (!(res->has & SB_HAS_CODE))
		judge_wrong(run, "no code");
	if (row->flags & J_ANY_CODE)
		return;
	if (res->code != row->code || res->signaled != signaled)
		judge_wrong(run, "%s %d, expected %s %d", res->signaled ? "signal" : "status", res->code,
			    signaled ? "signal" : "status", row->code);
}

/* Return: whether it is the verdict of the row, whose bounds are then worth a look. */
static int check_verdict(struct judge_run *run, const sb_result *res)
{
	const struct judge_row *row = run->row;
	int as_expected = res->verdict == row->verdict;
	uint32_t approximate = judge_approximate();

	if (!as_expected && !(judge_approximate() && row->or >> res->verdict & 1))
		judge_wrong(run, "%s (%s %d), expected %s", verdict_name(res->verdict),
			    res->signaled ? "signal" : "status", res->code, verdict_name(row->verdict));
	if (as_expected)
		check_code(run, res);
	/* Ended for one limit, at once, it cannot have come to the others. */
	if (as_expected && res->exceeded != bit_of(row->verdict) && !(judge_approximate() && row->or))
		judge_wrong(run, "exceeded %#x, expected %#llx", res->exceeded,
			    (unsigned long long)bit_of(row->verdict));
	if (row->flags & J_NO_MEMORY)
		approximate &= ~SB_LIMIT_BIT(SB_LIMIT_MEMORY);
	if (res->approximate != approximate)
		judge_wrong(run, "approximate %#x, expected %#x", res->approximate, approximate);
	return as_expected;
}

static void check_range(struct judge_run *run, const char *what, uint64_t is, uint64_t least, uint64_t most,
			uint64_t unit)
{
	if (is < least || is > most)
		judge_wrong(run, "%s %.3f, expected %.3f to %.3f", what, (double)is / (double)unit,
			    (double)least / (double)unit, (double)most / (double)unit);
}

static void check_time(struct judge_run *run, const sb_result *res)
{
	const struct judge_row *row = run->row;
	uint64_t cpu = res->user_ns + res->system_ns;
	/* Two figures, each cut to a microsecond. What sb-init adds up itself is behind when it kills. */
	uint64_t least = row->cpu_least * MS;
	uint64_t slack = judge_approximate() & SB_LIMIT_BIT(SB_LIMIT_CPU) ? least / 10 : 2000;
	/* Who wakes up late, on an emulated machine, kills late. */
	uint64_t most = row->cpu_most && !fx_emulated() ? row->cpu_most * MS : UINT64_MAX;

	if (!(res->has & SB_HAS_CPU) || !(res->has & SB_HAS_WALL) || !(res->has & SB_HAS_SETUP))
		judge_wrong(run, "no figures of time: has %#x", res->has);
	if (!(judge_approximate() & SB_LIMIT_BIT(SB_LIMIT_CPU)) && !(res->has & SB_HAS_LEAF_CPU))
		judge_wrong(run, "cpu time is not the leaf's");
	check_range(run, "cpu ms", cpu, least - (least ? slack : 0), most, MS);
	check_range(run, "wall ms", res->wall_ns, row->wall_least * MS, UINT64_MAX, MS);
	/* As much as there are processors, and a tick. */
	check_range(run, "cpu ms by wall", cpu, 0,
		    (res->wall_ns + 20 * MS) * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN), MS);
	if (res->setup_ns == 0 || res->setup_ns > 600 * 1000 * MS)
		judge_wrong(run, "a set-up of %.3f ms", (double)res->setup_ns / 1e6);
}

static void check_space(struct judge_run *run, const sb_result *res)
{
	const struct judge_row *row = run->row;
	uint32_t approximate = judge_approximate();

	if (!(approximate & SB_LIMIT_BIT(SB_LIMIT_MEMORY))) {
		if (!(res->has & SB_HAS_MEMORY_PEAK) || !(res->has & SB_HAS_OOM_KILLS))
			judge_wrong(run, "no figures of memory: has %#x", res->has);
		if (row->peak_most)
			check_range(run, "peak MiB", res->memory_peak, row->peak_least * MIB,
				    row->peak_most * MIB, MIB);
		if ((row->verdict == SB_MEMORY_EXCEEDED) != (res->oom_kills > 0))
			judge_wrong(run, "%llu oom kills", (unsigned long long)res->oom_kills);
	}
	if (!(approximate & SB_LIMIT_BIT(SB_LIMIT_PIDS))) {
		if (res->has & SB_HAS_PIDS_PEAK && row->pids_peak)
			check_range(run, "pids peak", res->pids_peak, row->pids_peak, row->pids_peak, 1);
		if (!(res->has & SB_HAS_PIDS_REFUSED) ||
		    (row->verdict == SB_PIDS_EXCEEDED) != (res->pids_refused > 0))
			judge_wrong(run, "%llu forks refused", (unsigned long long)res->pids_refused);
	}
}

/* What a program has said, fit to be printed; static. */
static const char *shown(const void *data, size_t len)
{
	static char text[101];
	size_t n = len < sizeof(text) - 1 ? len : sizeof(text) - 1;

	for (size_t i = 0; i < n; i++)
		text[i] = ((const char *)data)[i];
	text[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '.';
	return text;
}

static uint64_t check_stream(struct judge_run *run, int fd, uint64_t expected, unsigned flood)
{
	const struct judge_row *row = run->row;
	sb_stream s = SB_INIT(sb_stream);
	const void *data = NULL;
	size_t len = 0;

	if (sb_proc_stream(run->proc, fd, &s) < 0 || sb_proc_output(run->proc, fd, &data, &len) < 0) {
		judge_wrong(run, "fd %d is not carried", fd);
		return 0;
	}
	if (s.error || s.flags & SB_STREAM_BROKEN || !(s.flags & SB_STREAM_ENDED))
		judge_wrong(run, "fd %d: flags %#x, error %d", fd, s.flags, s.error);
	if (s.kept != len || s.kept != (s.bytes < CAP ? s.bytes : CAP))
		judge_wrong(run, "fd %d: %zu bytes are there, %llu kept of %llu", fd, len,
			    (unsigned long long)s.kept, (unsigned long long)s.bytes);
	if (!!(s.flags & SB_STREAM_EXCEEDED) != (s.bytes > CAP))
		judge_wrong(run, "fd %d: flags %#x after %llu bytes", fd, s.flags,
			    (unsigned long long)s.bytes);
	if (flood && (s.bytes <= CAP || s.kept != CAP))
		judge_wrong(run, "fd %d: %llu bytes, %llu kept, expected more than %u, and these", fd,
			    (unsigned long long)s.bytes, (unsigned long long)s.kept, CAP);
	if (!(row->flags & J_ANY_OUT) && (!flood || expected) && s.bytes != expected)
		judge_wrong(run, "fd %d: %llu bytes, expected %llu: %s", fd, (unsigned long long)s.bytes,
			    (unsigned long long)expected, shown(data, len));
	if (fd == 1 && row->said && (len < strlen(row->said) || memcmp(data, row->said, strlen(row->said))))
		judge_wrong(run, "it said %s", shown(data, len));
	return s.bytes;
}

void judge_check(struct judge_run *run, const sb_result *res)
{
	const struct judge_row *row = run->row;
	uint64_t bytes;

	if (!check_verdict(run, res))
		return;
	check_time(run, res);
	check_space(run, res);
	bytes = check_stream(run, 1, row->out, row->flags & J_FLOOD_OUT);
	bytes += check_stream(run, 2, row->err, row->flags & J_FLOOD_ERR);
	if (!(res->has & SB_HAS_OUTPUT) || res->output_bytes != bytes)
		judge_wrong(run, "output %llu bytes, of the streams %llu",
			    (unsigned long long)res->output_bytes, (unsigned long long)bytes);
	if (row->total && row->verdict == SB_OUTPUT_EXCEEDED && bytes <= row->total)
		judge_wrong(run, "%llu bytes in all", (unsigned long long)bytes);
}

/* By the argument that tells its processes from all others; a zombie has none. */
static int is_of(const char *pid, const char *tag)
{
	char path[300], text[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(text, (size_t)n, tag, strlen(tag) + 1) != NULL;
}

static void check_processes(struct judge_run *run)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]) && is_of(e->d_name, run->tag))
			judge_wrong(run, "process %s is left", e->d_name);
	if (d)
		closedir(d);
}

void judge_left(struct judge_run *run)
{
	int status;
	pid_t pid;

	check_processes(run);
	if (run->leaf[0] && access(run->leaf, F_OK) == 0)
		judge_wrong(run, "its cgroup is left: %s", run->leaf);
	pid = fork();
	if (pid == 0)
		_exit(7);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
		judge_wrong(run, "the host cannot fork any more: %s", strerror(errno));
}
