/* SPDX-License-Identifier: MIT */
/*
 * A sandbox that is joined, as the kernel shows it: which of its namespaces are
 * not ours already, and what its ids are. All of it is read by the number of its
 * sb-init, and is true only if that has not ended by then: its pidfd tells.
 */
#include "plan_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/auto.h"
#include "common/read_text.h"
#include "error.h"
#include "name.h"

#define FLAG_EXITING 0x4 /* PF_EXITING, proc_pid_stat(5) */

static const char *const files[SBI_NS_KINDS] = { "user", "pid", "mnt", "net", "ipc", "uts", NULL, "time" };

static int describes_a_sandbox(const sb_config *cfg, sb_error *err)
{
	const char *what = cfg->mount_count || cfg->rootfs || cfg->root_lower || cfg->root_writable
				   ? "a file system"
			   : cfg->hostname || cfg->domainname                            ? "a host name"
			   : cfg->users.count || cfg->group_map.count || cfg->idmap_auto ? "an id map"
			   : cfg->boottime || cfg->monotonic                             ? "clocks"
			   : sbi_net_wanted(&cfg->net) || cfg->net.pool                  ? "a network"
			   : cfg->no_new_userns ? "a limit of user namespaces"
						: NULL;

	if (!what)
		return 0;
	sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "the sandbox that is joined has %s already", what);
	sbi_hint(err, "leave that out: with sb_set_join() only what concerns the command is said");
	return -EINVAL;
}

static int has_ended(sb_error *err)
{
	return sbi_fail(err, SB_STEP_JOIN, 0, ESRCH, "the sandbox that is to be joined has ended");
}

static int not_ours(pid_t pid, const char *path, int code, sb_error *err)
{
	if (code != EACCES && code != EPERM)
		return sbi_fail(err, SB_STEP_JOIN, 0, code, "%s: %s", path, strerror(code));
	sbi_fail(err, SB_STEP_JOIN, 0, code, "the sandbox of process %d is not this user's: %s: %s", pid,
		 path, strerror(code));
	sbi_hint(err,
		 "it can be joined by root, and by the user who made it, in the user namespace it was made in");
	return -code;
}

/* One namespace of it. Return: 1 it is not ours, 0 it is, or -errno. */
static int open_one(struct sbi_joined *j, pid_t pid, int kind, sb_error *err)
{
	struct stat its, ours;
	char path[48], own[48];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, files[kind]);
	snprintf(own, sizeof(own), "/proc/thread-self/ns/%s", files[kind]);
	if (stat(own, &ours) < 0) /* a kernel without this kind */
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return not_ours(pid, path, errno, err);
	j->fds[kind] = fd;
	if (fstat(fd, &its) < 0)
		return sbi_fail(err, SB_STEP_JOIN, 0, errno, "%s: %s", path, strerror(errno));
	return its.st_ino != ours.st_ino || its.st_dev != ours.st_dev;
}

static int open_namespaces(struct sbi_joined *j, pid_t pid, sb_error *err)
{
	for (int i = 0; i < SBI_NS_KINDS; i++) {
		uint64_t bit = UINT64_C(1) << i;
		int r;

		if (!files[i] || !(j->cfg.ns & bit) || j->cfg.ns_fd[i] >= 0)
			continue;
		r = open_one(j, pid, i, err);
		if (r < 0)
			return r;
		if (r)
			j->cfg.ns_fd[i] = j->fds[i];
		else
			j->cfg.ns &= ~bit;
	}
	return 0;
}

static int read_map(pid_t pid, const char *file, struct sbi_extents *map)
{
	char path[48], text[4096];
	struct sbi_extent one, *grown;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	sbi_read_text(path, text, sizeof(text));
	for (const char *at = text; sscanf(at, " %u %u %u%n", &one.inside, &one.outside, &one.count, &n) == 3;
	     at += n) {
		grown = realloc(map->list, (map->count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		map->list = grown;
		map->list[map->count++] = one;
	}
	return map->count ? 0 : -EAGAIN;
}

static int read_ids(struct sbi_joined *j, pid_t pid, sb_error *err)
{
	char path[48], word[16];
	int r = read_map(pid, "uid_map", &j->users);

	if (r == 0)
		r = read_map(pid, "gid_map", &j->groups);
	if (r == -EAGAIN)
		return sbi_fail(err, SB_STEP_JOIN, 0, EAGAIN,
				"the sandbox that is to be joined is still being made: it has no id map yet");
	if (r < 0)
		return sbi_fail(err, SB_STEP_JOIN, 0, -r, "not enough memory for the id maps");
	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	sbi_read_text(path, word, sizeof(word));
	j->may_setgroups = !strncmp(word, "allow", 5);
	return 0;
}

static int look(struct sbi_joined *j, sb_error *err)
{
	pid_t pid = sbi_pidfd_pid(j->pidfd);
	int r;

	if (pid == -EINVAL) {
		sbi_fail(err, SB_STEP_JOIN, 0, EINVAL, "the descriptor given to sb_set_join() is no pidfd");
		sbi_hint(err, "sb_box_pidfd() and pidfd_open(2) give one; /proc must be mounted");
		return -EINVAL;
	}
	if (pid < 0)
		return has_ended(err);
	r = open_namespaces(j, pid, err);
	if (r == 0 && j->cfg.ns_fd[0] >= 0 && j->cfg.ns_fd[0] == j->fds[0])
		r = read_ids(j, pid, err);
	return sbi_is_ending(j->pidfd) ? has_ended(err) : r; /* then its number may have been another's */
}

static int take_pidfd(const sb_config *cfg, sb_error *err)
{
	int fd;

	if (cfg->join_name)
		return sbi_name_find(cfg->join_name, cfg->join_uid, err);
	fd = fcntl(cfg->join_fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		return fd;
	sbi_fail(err, SB_STEP_JOIN, 0, errno, "descriptor %d of the host: %s", cfg->join_fd, strerror(errno));
	sbi_hint(err, "it was given to sb_set_join() and must stay open until the spawn");
	return -errno;
}

int sbi_joined_get(const sb_config *cfg, struct sbi_joined **out, sb_error *err)
{
	struct sbi_joined *j;
	int r;

	*out = NULL;
	if (cfg->failed || (cfg->join_fd < 0 && !cfg->join_name))
		return 0; /* a failure is sbi_check()'s to tell */
	r = describes_a_sandbox(cfg, err);
	if (r < 0)
		return r;
	j = calloc(1, sizeof(*j));
	if (!j)
		return sbi_fail(err, SB_STEP_JOIN, 0, ENOMEM, "not enough memory");
	j->cfg = *cfg;
	for (int i = 0; i < SBI_NS_KINDS; i++)
		j->fds[i] = -EBADF;
	j->pidfd = take_pidfd(cfg, err);
	r = j->pidfd < 0 ? j->pidfd : look(j, err);
	if (r < 0)
		sbi_joined_free(j);
	else
		*out = j;
	return r < 0 ? r : 0;
}

void sbi_joined_free(struct sbi_joined *j)
{
	if (!j)
		return;
	for (int i = 0; i < SBI_NS_KINDS; i++)
		sbi_close_fd(&j->fds[i]);
	sbi_close_fd(&j->pidfd);
	free(j->users.list);
	free(j->groups.list);
	free(j);
}

/*
 * Process 1 of a pid namespace ends only after all others there are gone, so
 * who was killed with it sees it still ending: by its flags, or by the name that
 * sb-init has given itself before it killed them.
 */
int sbi_is_ending(int pidfd)
{
	char path[32], text[1024], *at;
	unsigned flags = 0;
	pid_t pid = sbi_pidfd_pid(pidfd);

	if (pid < 0 || sbi_pidfd_is_over(pidfd))
		return 1;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	sbi_read_text(path, text, sizeof(text));
	at = strrchr(text, ')');
	if (at)
		sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %u", &flags);
	return (flags & FLAG_EXITING) || strstr(text, "(" SBI_ENDING_NAME ")") || sbi_pidfd_is_over(pidfd);
}
