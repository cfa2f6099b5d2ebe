/* SPDX-License-Identifier: MIT */
/* The box: a directory with its lock, whose content is the caller's between two runs. */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_path(const char *path)
{
	char *copy = must(strdup(path));

	for (char *at = strchr(copy + 1, '/');; at = strchr(at + 1, '/')) {
		if (at)
			*at = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			die("cannot make %s: %s", copy, strerror(errno));
		if (!at)
			break;
		*at = '/';
	}
	free(copy);
}

/* Has this process's user namespace an id of that number? */
static bool is_mapped(const char *map, uint64_t id)
{
	uint64_t inside, outside, count;
	bool found = false;
	FILE *from = fopen(map, "re");

	if (!from)
		return false;
	while (!found && fscanf(from, "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside, &count) == 3)
		found = id >= inside && id - inside < count;
	fclose(from);
	return found;
}

/* Root gives each box an id of its own; nobody else can. */
static void choose_ids(struct box *box, const struct request *req, const struct settings *settings)
{
	uint64_t uid = settings->first_uid + req->box_id, gid = settings->first_gid + req->box_id;

	if (uid >= UINT32_MAX || gid >= UINT32_MAX)
		die("first_uid and first_gid leave no room for %u boxes", req->box_id);
	box->uid = (uid_t)uid;
	box->gid = (gid_t)gid;
	box->own_ids = geteuid() != 0 || !is_mapped("/proc/self/uid_map", uid) ||
		       !is_mapped("/proc/self/gid_map", gid);
	box->owner_uid = req->as_uid >= 0 ? (uid_t)req->as_uid : getuid();
	box->owner_gid = req->as_gid >= 0 ? (gid_t)req->as_gid : getgid();
	if (box->owner_uid != getuid() && geteuid() != 0)
		die("only root may act on behalf of others (--as-uid)");
}

static int lock_file(const char *path, const struct request *req)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		die("cannot open the lock %s: %s", path, strerror(errno));
	while (flock(fd, LOCK_EX | (req->wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EWOULDBLOCK)
			die("box %u is in use by another process (--wait waits for it)", req->box_id);
		if (errno != EINTR)
			die("cannot lock %s: %s", path, strerror(errno));
	}
	return fd;
}

/* The lock file says whose box it is, from --init to --cleanup. */
static void read_state(struct box *box, unsigned id)
{
	char line[64] = "";
	unsigned uid;

	if (pread(box->lock_fd, line, sizeof(line) - 1, 0) < 0)
		die("cannot read the state of box %u: %s", id, strerror(errno));
	if (sscanf(line, "owner %u\n", &uid) != 1)
		return;
	box->ready = true;
	if (uid != box->owner_uid && getuid() != 0)
		die("box %u belongs to user %u", id, uid);
}

static void write_state(const struct box *box, const char *line)
{
	size_t len = strlen(line);

	if (ftruncate(box->lock_fd, 0) < 0 || pwrite(box->lock_fd, line, len, 0) != (ssize_t)len)
		die("cannot write the state of the box: %s", strerror(errno));
}

void box_open(struct box *box, const struct request *req, const struct settings *settings)
{
	char *lock = text("%s/%u", settings->lock_root, req->box_id);

	*box = (struct box){ .lock_fd = -1 };
	choose_ids(box, req, settings);
	box->dir = text("%s/%u", settings->box_root, req->box_id);
	box->files = text("%s/box", box->dir);
	make_path(settings->box_root);
	make_path(settings->lock_root);
	box->lock_fd = lock_file(lock, req);
	read_state(box, req->box_id);
	free(lock);
}

void box_close(struct box *box)
{
	close(box->lock_fd);
	free(box->dir);
	free(box->files);
	free(box->temporary);
}

static void remove_all(const struct box *box)
{
	int r = tree_remove(box->dir);

	if (r < 0)
		die("cannot remove all of %s: %s", box->dir, strerror(-r));
}

static void set_quota(const struct box *box, const struct request *req)
{
	int r;

	if (req->quota_blocks == NONE)
		return;
	if (box->own_ids)
		die("--quota needs root: the box has no user id of its own");
	r = quota_set(box->files, box->uid, req->quota_blocks, req->quota_inodes);
	if (r < 0)
		die("cannot set the quota: %s (it needs a file system that is mounted with quotas for users)",
		    strerror(-r));
}

void box_init(struct box *box, const struct request *req)
{
	char *state;

	/* Whatever a worker that died has left, there is none of it in the new box. */
	write_state(box, "");
	remove_all(box);
	if (mkdir(box->dir, 0755) < 0 || mkdir(box->files, 0700) < 0)
		die("cannot make %s: %s", box->files, strerror(errno));
	if (chmod(box->files, 0700) < 0 || chown(box->files, box->owner_uid, box->owner_gid) < 0)
		die("cannot give %s to its owner: %s", box->files, strerror(errno));
	set_quota(box, req);
	state = text("owner %u\n", (unsigned)box->owner_uid);
	write_state(box, state);
	free(state);
}

void box_cleanup(struct box *box)
{
	remove_all(box);
	write_state(box, "");
}

void box_give(struct box *box)
{
	int r;

	if (box->own_ids)
		return;
	r = tree_own(box->files, box->uid, box->gid, true);
	if (r < 0)
		die("cannot give %s to the command: %s", box->files, strerror(-r));
}

void box_take_back(struct box *box, bool keep_special)
{
	uid_t uid = box->own_ids ? geteuid() : box->owner_uid;
	gid_t gid = box->own_ids ? getegid() : box->owner_gid;
	int r = tree_own(box->files, uid, gid, keep_special);

	for (size_t i = 0; i < box->temporary_count; i++) {
		tree_remove(box->temporary[i]);
		free(box->temporary[i]);
	}
	box->temporary_count = 0;
	if (r < 0)
		die("cannot take back %s: %s", box->files, strerror(-r));
}

const char *box_temporary(struct box *box)
{
	char *path = text("%s/tmp%zu", box->dir, box->temporary_count);

	/* One of a run that was killed. */
	tree_remove(path);
	box->temporary =
		must(reallocarray(box->temporary, box->temporary_count + 1, sizeof(*box->temporary)));
	if (mkdir(path, 0700) < 0)
		die("cannot make %s: %s", path, strerror(errno));
	box->temporary[box->temporary_count++] = path;
	if (!box->own_ids && chown(path, box->uid, box->gid) < 0)
		die("cannot give %s to the command: %s", path, strerror(errno));
	return path;
}
