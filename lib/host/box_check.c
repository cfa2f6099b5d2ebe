/* SPDX-License-Identifier: MIT */
/* The checks of a box after its reset, and what they look at. docs/boxes.md lists them. */
#include "box_check.h"

#include <errno.h>
#include <fcntl.h>
#include <sandbox/proc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "common/auto.h"
#include "error.h"

/* Why a check failed. */
struct why {
	int code;
	char text[160];
};

static int differs(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int differs(struct why *why, const char *format, ...)
{
	va_list args;

	why->code = ENOTRECOVERABLE;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return -ENOTRECOVERABLE;
}

static int unseen(struct why *why, const char *what, int code)
{
	snprintf(why->text, sizeof(why->text), "%s: %s", what, strerror(code));
	why->code = code;
	return -code;
}

/* --- namespaces ------------------------------------------------------------------ */

static const char *const files[SBI_NS_KINDS] = { "user", "pid", "mnt", "net", "ipc", "uts", "cgroup", "time" };

static int open_ns_dir(pid_t pid)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void sbi_hold(struct sbi_held *held, pid_t pid, uint64_t kinds)
{
	sbi_autoclose int dir = open_ns_dir(pid);

	for (int i = 0; i < SBI_NS_KINDS; i++)
		held->ns[i] = dir >= 0 && (kinds & (UINT64_C(1) << i))
				      ? openat(dir, files[i], O_RDONLY | O_CLOEXEC)
				      : -EBADF;
}

void sbi_let_go(struct sbi_held *held)
{
	for (int i = 0; i < SBI_NS_KINDS; i++)
		sbi_close_fd(&held->ns[i]);
}

static int is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Neither ours nor that of before. A caller who may not trace sb-init (ptrace(2)) does not see them. */
static int check_namespaces(const struct sbi_compared *c, struct why *why)
{
	sbi_autoclose int dir = open_ns_dir(c->now.pid),
			  ours = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat now, own, then;

	if (dir < 0 || ours < 0)
		return unseen(why, "/proc/PID/ns", dir < 0 ? -dir : errno);
	for (int i = 0; i < SBI_NS_KINDS; i++) {
		if (!(c->own & (UINT64_C(1) << i)))
			continue;
		if (fstatat(dir, files[i], &now, 0) < 0) {
			if (errno == EACCES || errno == EPERM)
				return 0;
			return unseen(why, files[i], errno);
		}
		if (fstatat(ours, files[i], &own, 0) == 0 && is_same(&now, &own))
			return differs(why, "its %s namespace is that of this process", sbi_ns_name(i));
		if (c->held->ns[i] >= 0 && fstat(c->held->ns[i], &then) == 0 && is_same(&now, &then))
			return differs(why, "its %s namespace is that of before", sbi_ns_name(i));
	}
	return 0;
}

/* --- processes ------------------------------------------------------------------- */

/*
 * With process 1 of a PID namespace the kernel ends all others, and it is reaped after them
 * (zap_pid_ns_processes).
 */
static int check_ended(const struct sbi_compared *c, struct why *why)
{
	if (syscall(SYS_pidfd_send_signal, c->then.pidfd, 0, NULL, 0) == 0 || errno != ESRCH)
		return differs(why, "process %d has not ended", c->then.pid);
	return 0;
}

static int check_alone(const struct sbi_compared *c, struct why *why)
{
	char path[64], text[16] = "";
	ssize_t n;

	if (syscall(SYS_pidfd_send_signal, c->now.pidfd, 0, NULL, 0) < 0)
		return differs(why, "sb-init has ended");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", c->now.pid, c->now.pid);
	n = sbi_cg_read(AT_FDCWD, path, text, sizeof(text));
	if (n == -ENOENT) /* a kernel without CONFIG_PROC_CHILDREN */
		return 0;
	if (n < 0)
		return unseen(why, "/proc/PID/task/PID/children", (int)-n);
	text[strcspn(text, " ")] = '\0';
	return n ? differs(why, "process %s runs in it", text) : 0;
}

/* --- mounts ---------------------------------------------------------------------- */

static char *next_field(char *at)
{
	at += strcspn(at, " \n");
	return *at == ' ' ? at + 1 : at;
}

/*
 * One line, from "64 41 0:40 / /dev ro shared:3 - tmpfs none rw" to "0 / /dev ro - tmpfs none rw":
 * ids and peer groups are new each time, and so are the numbers of devices that the kernel makes
 * up. Never longer than it was.
 */
static char *copy_line(char *to, char *line)
{
	char *device = next_field(next_field(line)), *root = next_field(device),
	     *options = next_field(next_field(root));
	char *end = next_field(options), *rest = strstr(options, " - ");
	size_t length;

	if (!rest)
		return to;
	length = !strncmp(device, "0:", 2) ? 1 : (size_t)(root - 1 - device);
	memmove(to, device, length);
	to += length;
	*to++ = ' ';
	length = (size_t)(end - 1 - root);
	memmove(to, root, length);
	to += length;
	length = strcspn(rest, "\n");
	memmove(to, rest, length);
	to += length;
	*to++ = '\n';
	return to;
}

int sbi_look_at_mounts(pid_t pid, char **table)
{
	char path[32], *text, *to, *line, *next;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	n = sbi_cg_read_all(AT_FDCWD, path, &text);
	if (n < 0)
		return (int)n;
	to = text;
	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next ? 1 : 0;
		to = copy_line(to, line);
	}
	*to = '\0';
	*table = text;
	return 0;
}

/* The path of the line of @table at @at, for words. */
static const char *mount_point(const char *at, char *buf, size_t len)
{
	const char *point = next_field(next_field((char *)at));

	snprintf(buf, len, "%.*s", (int)strcspn(point, " \n"), point);
	return buf;
}

static int check_mounts(const struct sbi_compared *c, struct why *why)
{
	sbi_autofree char *table = NULL;
	const char *then = c->then.mounts, *now, *line;
	char path[100], other[40];
	int r;

	if (!then)
		return 0;
	r = sbi_look_at_mounts(c->now.pid, &table);
	if (r < 0)
		return unseen(why, "/proc/PID/mountinfo", -r);
	for (now = line = table; *now == *then && *now; now++, then++)
		if (*now == '\n')
			line = now + 1;
	if (*now == *then)
		return 0;
	if (!*line)
		return differs(why, "%s was mounted, and is not", mount_point(then, path, sizeof(path)));
	then -= now - line;
	if (!*then)
		return differs(why, "%s is mounted, and was not", mount_point(line, path, sizeof(path)));
	return differs(why, "where %s was mounted, %s is, or it is not the same",
		       mount_point(then, path, sizeof(path)), mount_point(line, other, sizeof(other)));
}

/* --- what it is made of ---------------------------------------------------------- */

static int is_same_map(const struct sbi_extents *a, const struct sbi_extents *b)
{
	return a->count == b->count && (!a->count || !memcmp(a->list, b->list, a->count * sizeof(*a->list)));
}

/* /etc/subuid may say something else by now, or the caller be somebody else. */
static int check_ids(const struct sbi_compared *c, struct why *why)
{
	const struct sbi_identity *a = c->then.id, *b = c->now.id;

	if (a->userns != b->userns || a->uid != b->uid || a->gid != b->gid || a->owner_uid != b->owner_uid ||
	    a->owner_gid != b->owner_gid || a->set_groups != b->set_groups)
		return differs(why, "its commands would be %u:%u in another way", b->uid, b->gid);
	if (!is_same_map(&a->users, &b->users) || !is_same_map(&a->groups, &b->groups))
		return differs(why, "its ids are mapped in another way");
	return 0;
}

static int check_layers(const struct sbi_compared *c, struct why *why)
{
	if (c->then.applied != c->now.applied)
		return differs(why, "applied is 0x%llx, and was 0x%llx", (unsigned long long)c->now.applied,
			       (unsigned long long)c->then.applied);
	return 0;
}

int sbi_check_box(const struct sbi_compared *c, sb_error *err)
{
	static const struct {
		const char *name;
		int (*check)(const struct sbi_compared *c, struct why *why);
	} checks[] = {
		{ "ended", check_ended },   { "namespaces", check_namespaces }, { "alone", check_alone },
		{ "mounts", check_mounts }, { "ids", check_ids },               { "layers", check_layers },
	};
	struct why why;

	for (uint32_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i].check(c, &why) < 0)
			return sbi_fail(err, SB_STEP_RESET, i, why.code,
					"the box is not as it was at its opening, by the check \"%s\": %s",
					checks[i].name, why.text);
	return 0;
}
