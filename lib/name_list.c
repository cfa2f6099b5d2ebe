/* SPDX-License-Identifier: MIT */
/*
 * All sandboxes that are registered where the caller is: its network namespace's list of sockets,
 * each asked who it is.
 */
#include <errno.h>
#include <sandbox/join.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/read_text.h"
#include "error.h"
#include "name.h"

struct listing {
	sb_named *list;
	size_t count, room;
};

/* Field 22 of PID/stat, in hundredths of a second since the machine was booted, as a time since 1970. */
static uint64_t started(pid_t pid)
{
	char path[32], text[1024], *at;
	unsigned long long ticks;
	struct timespec boot, real;
	uint64_t since;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	sbi_read_text(path, text, sizeof(text));
	at = strrchr(text, ')'); /* the name before it may hold anything */
	if (!at || sscanf(at + 1,
			  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			  &ticks) != 1)
		return 0;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	clock_gettime(CLOCK_REALTIME, &real);
	since = (uint64_t)boot.tv_sec * 1000000000 + (uint64_t)boot.tv_nsec -
		ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
	return (uint64_t)real.tv_sec * 1000000000 + (uint64_t)real.tv_nsec - since;
}

static int add(struct listing *all, const sb_named *entry)
{
	sb_named *grown;

	if (all->count == all->room) {
		grown = realloc(all->list, (all->room + 32) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		all->list = grown;
		all->room += 32;
	}
	all->list[all->count++] = *entry;
	return 0;
}

/* "… @libsandbox/UID.USERNS/NAME": what the kernel calls a socket may be anything. */
static int take_line(char *line, unsigned long userns, struct listing *all)
{
	sb_named entry = { .size = sizeof(entry) };
	unsigned long inode;
	char *at = strstr(line, " @" SBI_NAME_PREFIX);
	int n = 0;

	if (!at || sscanf(at, " @" SBI_NAME_PREFIX "%u.%lu/%n", &entry.uid, &inode, &n) != 2 || !n ||
	    inode != userns)
		return 0;
	at += n;
	at[strcspn(at, "\n")] = '\0';
	if (!sbi_name_valid(at) || !sbi_name_holder(at, entry.uid, &entry.pid))
		return 0;
	memcpy(entry.name, at, strlen(at) + 1);
	entry.started_ns = started(entry.pid);
	return add(all, &entry);
}

static int compare(const void *a, const void *b)
{
	const sb_named *one = a, *other = b;

	if (one->uid != other->uid)
		return one->uid < other->uid ? -1 : 1;
	return strcmp(one->name, other->name);
}

/*
 * A socket that comes or goes meanwhile may be listed twice: one is asked again, and both answers
 * are the same.
 */
static void tidy(struct listing *all)
{
	size_t kept = 0;

	if (all->count)
		qsort(all->list, all->count, sizeof(*all->list), compare);
	for (size_t i = 0; i < all->count; i++)
		if (!kept || compare(&all->list[kept - 1], &all->list[i]))
			all->list[kept++] = all->list[i];
	all->count = kept;
}

static int list(struct listing *all, sb_error *err)
{
	static const char path[] = "/proc/thread-self/net/unix";
	char *line = NULL;
	unsigned long userns;
	size_t size = 0;
	int r = sbi_name_userns(&userns, err);
	FILE *in;

	if (r < 0)
		return r;
	in = fopen(path, "re");
	if (!in) {
		r = sbi_fail(err, SB_STEP_NAME, 0, errno, "%s: %s", path, strerror(errno));
		sbi_hint(err, "/proc must be mounted");
		return r;
	}
	while (r == 0 && getline(&line, &size, in) > 0)
		r = take_line(line, userns, all);
	free(line);
	fclose(in);
	tidy(all);
	return r < 0 ? sbi_fail(err, SB_STEP_NAME, 0, -r, "listing: %s", strerror(-r)) : 0;
}

ssize_t sb_named_list(sb_named *entries, size_t room, sb_error *err)
{
	struct listing all = { NULL, 0, 0 };
	uint32_t stride = 0;
	int r;

	if (entries && room)
		stride = entries[0].size;
	if (room && stride < offsetof(sb_named, name))
		return sbi_fail(err, SB_STEP_NAME, 0, EINVAL,
				"list: room for %zu entries, and none of a known size", room);
	r = list(&all, err);
	for (size_t i = 0; r == 0 && i < all.count && i < room; i++) {
		char *to = (char *)entries + i * stride;

		memcpy(to, &stride, sizeof(stride));
		sbi_copy_out(to, &all.list[i], sizeof(all.list[i]));
	}
	free(all.list);
	return r < 0 ? r : (ssize_t)all.count;
}
