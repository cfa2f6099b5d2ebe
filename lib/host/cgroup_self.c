/* SPDX-License-Identifier: MIT */
/*
 * Moving the calling process into a child of its cgroup, and back. Process-wide
 * by nature, so the one place in the library with state of its own: a mutex, a
 * count, and the pid, as a fork has not moved anything.
 */
#include "cgroup_self.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "common/auto.h"
#include "config/cgroup_value.h"

#define PREFIX "sb-self-"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	pid_t pid; /* who moved */
	uint32_t users;
	uint32_t enabled; /* controllers that the cgroup's children had before */
	int dir, child; /* the child is locked as long as we live: sb_gc() */
	char path[PATH_MAX];
	char name[32];
} self;

int sbi_self_is_name(const char *name)
{
	return !strncmp(name, PREFIX, strlen(PREFIX));
}

/* Others in it would keep us from enabling a controller: they are not ours to move. */
static int check_alone(int fd, const char *path, struct sbi_reasons *reasons)
{
	char text[256], others[64] = "", *save = NULL;
	int count = 0;

	sbi_cg_read(fd, "cgroup.procs", text, sizeof(text));
	for (char *word = strtok_r(text, "\n", &save); word; word = strtok_r(NULL, "\n", &save)) {
		char own[16];

		snprintf(own, sizeof(own), "%d", getpid());
		if (!strcmp(word, own))
			continue;
		if (++count <= 3)
			snprintf(others + strlen(others), sizeof(others) - strlen(others), " %.15s", word);
	}
	if (!count)
		return 0;
	sbi_reason(reasons, "our own cgroup %.60s holds other processes as well (%s%s)", path, others + 1,
		   count > 3 ? " …" : "");
	sbi_way_out(reasons,
		    "start the program in a cgroup of its own: systemd-run --user --scope -p Delegate=yes …");
	return -EBUSY;
}

static int move(const char *path, int fd, struct sbi_reasons *reasons)
{
	sbi_autoclose int child = -EBADF;
	int r = check_alone(fd, path, reasons);

	if (r < 0)
		return r;
	snprintf(self.name, sizeof(self.name), PREFIX "%d", getpid());
	if (mkdirat(fd, self.name, 0755) < 0 && errno != EEXIST) {
		r = -errno;
		sbi_reason(reasons, "a child of our own cgroup: %s", strerror(-r));
		return r;
	}
	child = sbi_cg_open(fd, self.name);
	r = child < 0 ? child : sbi_cg_write(child, "cgroup.procs", "0");
	self.dir = r < 0 ? r : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (r == 0 && self.dir < 0) {
		r = -errno;
		sbi_cg_write(fd, "cgroup.procs", "0");
	}
	if (r < 0) {
		unlinkat(fd, self.name, AT_REMOVEDIR);
		sbi_reason(reasons, "moving this process into a child of its cgroup: %s", strerror(-r));
		return r;
	}
	flock(child, LOCK_EX | LOCK_NB);
	self.child = sbi_take_fd(&child);
	self.pid = getpid();
	self.users = 1;
	self.enabled = sbi_cg_enabled(fd);
	snprintf(self.path, sizeof(self.path), "%s", path);
	return 0;
}

int sbi_self_move(const char *path, int fd, struct sbi_reasons *reasons)
{
	int r = 0;

	pthread_mutex_lock(&lock);
	if (self.pid == getpid() && self.users)
		self.users++; /* another thread was first */
	else
		r = move(path, fd, reasons);
	pthread_mutex_unlock(&lock);
	return r;
}

int sbi_self_use(char *path, size_t len)
{
	int r = -ENOENT;

	pthread_mutex_lock(&lock);
	if (self.pid == getpid() && self.users) {
		self.users++;
		snprintf(path, len, "%s", self.path);
		r = 0;
	}
	pthread_mutex_unlock(&lock);
	return r;
}

/* Where others use what we enabled, the kernel refuses (EBUSY), and we stay where we are. */
static void move_back(void)
{
	uint32_t ours = sbi_cg_enabled(self.dir) & ~self.enabled;
	char word[24];

	for (int i = 0; i < SBI_CG_KINDS; i++) {
		snprintf(word, sizeof(word), "-%s", sbi_controller_name(i));
		if (ours & (UINT32_C(1) << i))
			sbi_cg_write(self.dir, "cgroup.subtree_control", word);
	}
	if (sbi_cg_write(self.dir, "cgroup.procs", "0") == 0)
		unlinkat(self.dir, self.name, AT_REMOVEDIR);
	sbi_close_fd(&self.dir);
	sbi_close_fd(&self.child);
}

void sbi_self_release(void)
{
	pthread_mutex_lock(&lock);
	if (self.pid == getpid() && self.users && --self.users == 0)
		move_back();
	pthread_mutex_unlock(&lock);
}
