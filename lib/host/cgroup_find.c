/* SPDX-License-Identifier: MIT */
/*
 * The ladder of places for cgroups. A parent that the caller named is the only
 * candidate; else our own cgroup, the one above it if that was delegated as
 * well, our own by moving ourselves into a child (only if allowed), and a scope
 * of systemd. Each refusal is remembered: if all refuse, the error tells why.
 */
#include "cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup_dir.h"
#include "cgroup_self.h"
#include "cgroup_systemd.h"
#include "common/auto.h"
#include "config/cgroup_value.h"
#include "error.h"

struct search {
	const sb_config *cfg;
	uint32_t need, want;
	int seen; /* there is a cgroup v2 at all */
	struct sbi_cg_tree tree;
	struct sbi_reasons reasons;
};

void sbi_reason(struct sbi_reasons *reasons, const char *format, ...)
{
	size_t used = strlen(reasons->text);
	va_list args;

	if (used && used + 3 < sizeof(reasons->text))
		used += (size_t)sprintf(reasons->text + used, "; ");
	va_start(args, format);
	vsnprintf(reasons->text + used, sizeof(reasons->text) - used, format, args);
	va_end(args);
}

void sbi_way_out(struct sbi_reasons *reasons, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reasons->hint, sizeof(reasons->hint), format, args);
	va_end(args);
}

static void names_of(uint32_t controllers, char *buf, size_t len)
{
	buf[0] = '\0';
	for (int i = 0; i < SBI_CG_KINDS; i++)
		if (controllers & (UINT32_C(1) << i))
			snprintf(buf + strlen(buf), len - strlen(buf), "%s%s", buf[0] ? ", " : "",
				 sbi_controller_name(i));
}

void sbi_cg_missing(const struct sbi_cg_tree *tree, const char *path, uint32_t missing, int code,
		    struct sbi_reasons *reasons)
{
	char names[64];

	names_of(missing, names, sizeof(names));
	if (code == -EBUSY) {
		sbi_reason(reasons,
			   "%s holds processes itself, and then its children cannot have the controller %s",
			   sbi_cg_short(tree, path), names);
		sbi_way_out(reasons, "move them into a child of it (cgroups(7), no internal processes)");
	} else if (tree->v1 & missing) {
		sbi_reason(reasons, "the controller %s is bound to cgroup v1 here, and missing in %s", names,
			   sbi_cg_short(tree, path));
		sbi_way_out(reasons,
			    "a hybrid tree: boot with systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all");
	} else if (code == -ENOENT || code == -EINVAL) {
		sbi_reason(reasons, "%s has no controller %s", sbi_cg_short(tree, path), names);
		sbi_way_out(reasons,
			    "enable it in cgroup.subtree_control of the cgroups above, in a unit by Delegate=%s; or the "
			    "kernel was built or booted without it",
			    names);
	} else {
		sbi_reason(reasons, "enabling the controller %s in %s: %s", names, sbi_cg_short(tree, path),
			   strerror(-code));
	}
}

/*
 * clone3 into a cgroup needs cgroup.procs of the nearest one above both (cgroups(7), delegation
 * containment).
 */
static int check_way(struct search *s, const char *path)
{
	char common[PATH_MAX], file[PATH_MAX + 16];
	size_t n = 0, same = 0;

	if (!s->tree.own[0])
		return 0; /* not to be seen from here: the clone itself will tell */
	snprintf(common, sizeof(common), "%s", path);
	for (; path[n] && path[n] == s->tree.own[n]; n++)
		if (path[n] == '/')
			same = n;
	if ((!path[n] || path[n] == '/') && (!s->tree.own[n] || s->tree.own[n] == '/'))
		same = n;
	common[same] = '\0';
	if (strlen(common) < strlen(s->tree.mount))
		return 0;
	snprintf(file, sizeof(file), "%s/cgroup.procs", common);
	if (faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) == 0)
		return 0;
	sbi_reason(&s->reasons,
		   "the way from our own cgroup to %s leads over %s, whose cgroup.procs we may not write (%s)",
		   sbi_cg_short(&s->tree, path), sbi_cg_short(&s->tree, common), strerror(errno));
	sbi_way_out(&s->reasons,
		    "start the program in the delegated tree: systemd-run --user --scope -p Delegate=yes …");
	return -EACCES;
}

/* What the children of this one are to have. */
static uint32_t wanted_of(const struct search *s, int fd)
{
	return s->need | (s->want & sbi_cg_available(fd));
}

/* May children be made here that have all controllers? Enables them. */
static int take(struct search *s, const char *path, int fd, struct sbi_parent *out)
{
	uint32_t missing = s->need & ~sbi_cg_available(fd);
	int r;

	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		r = -errno;
		sbi_reason(&s->reasons, "%s: %s", sbi_cg_short(&s->tree, path), strerror(-r));
		return r;
	}
	if (missing) {
		sbi_cg_missing(&s->tree, path, missing, -ENOENT, &s->reasons);
		return -ENOENT;
	}
	r = check_way(s, path);
	if (r < 0)
		return r;
	r = sbi_cg_enable(fd, wanted_of(s, fd), &missing);
	if (r < 0) {
		sbi_cg_missing(&s->tree, path, missing, r, &s->reasons);
		return r;
	}
	out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (out->fd < 0) {
		sbi_reason(&s->reasons, "%s: %s", sbi_cg_short(&s->tree, path), strerror(errno));
		return -EMFILE;
	}
	snprintf(out->path, sizeof(out->path), "%s", path);
	return 0;
}

static int open_cgroup(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int try_given(struct search *s, struct sbi_parent *out)
{
	const sb_config *cfg = s->cfg;
	sbi_autoclose int fd = -EBADF;
	char path[PATH_MAX], link[48];
	struct statfs fs;
	ssize_t n;

	if (cfg->cgroup_parent) {
		if (sbi_cg_path(&s->tree, cfg->cgroup_parent, path, sizeof(path)) < 0)
			return -ENAMETOOLONG;
		fd = open_cgroup(path);
	} else {
		fd = fcntl(cfg->cgroup_parent_fd, F_DUPFD_CLOEXEC, 3);
		fd = fd < 0 ? -errno : fd;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", cfg->cgroup_parent_fd);
		n = readlink(link, path, sizeof(path) - 1);
		path[n > 0 ? n : 0] = '\0';
	}
	if (fd < 0) {
		sbi_reason(&s->reasons, "the parent %s: %s", sbi_cg_short(&s->tree, path), strerror(-fd));
		if (fd == -ENOENT)
			sbi_way_out(&s->reasons, "it must be there: it is not made by libsandbox");
		return fd;
	}
	if (fstatfs(fd, &fs) < 0 || fs.f_type != CGROUP2_SUPER_MAGIC) {
		sbi_reason(&s->reasons, "the parent %s is not a directory of a cgroup v2 file system",
			   sbi_cg_short(&s->tree, path));
		return -EINVAL;
	}
	return take(s, path, fd, out);
}

static int try_own(struct search *s, struct sbi_parent *out)
{
	sbi_autoclose int fd = open_cgroup(s->tree.own);
	uint32_t missing;

	if (fd < 0) {
		sbi_reason(&s->reasons, "our own cgroup %s: %s", sbi_cg_short(&s->tree, s->tree.own),
			   strerror(-fd));
		return fd;
	}
	missing = s->need & ~sbi_cg_available(fd);
	if (missing & s->tree.v1) { /* whoever owns it, and whatever it was delegated */
		sbi_cg_missing(&s->tree, s->tree.own, missing, -ENOENT, &s->reasons);
		return -ENOENT;
	}
	if (sbi_cg_has_systemd() && !sbi_cg_is_delegated(&s->tree, s->tree.own)) {
		sbi_reason(&s->reasons, "our own cgroup %s is systemd's, not delegated",
			   sbi_cg_short(&s->tree, s->tree.own));
		return -EPERM;
	}
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		sbi_reason(&s->reasons, "our own cgroup %s: %s", sbi_cg_short(&s->tree, s->tree.own),
			   strerror(errno));
		return -EACCES;
	}
	if (missing) {
		sbi_cg_missing(&s->tree, s->tree.own, missing, -ENOENT, &s->reasons);
		return -ENOENT;
	}
	if (wanted_of(s, fd) && sbi_cg_holds_processes(fd))
		return -EBUSY; /* by moving, perhaps */
	return take(s, s->tree.own, fd, out);
}

/* The one above, if what was delegated reaches that far: we were put into a leaf of it. */
static int try_above(struct search *s, struct sbi_parent *out)
{
	sbi_autoclose int fd = -EBADF;
	char path[PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", s->tree.own);
	slash = strrchr(path, '/');
	if (!slash || strlen(path) <= strlen(s->tree.mount))
		return -ENOENT;
	if (!sbi_self_is_name(slash + 1)) {
		*slash = '\0';
		if (!sbi_cg_is_delegated(&s->tree, path))
			return -EPERM;
	}
	*slash = '\0';
	fd = open_cgroup(path);
	return fd < 0 ? fd : take(s, path, fd, out);
}

static int try_move(struct search *s, struct sbi_parent *out)
{
	sbi_autoclose int fd = open_cgroup(s->tree.own);
	int r;

	if (fd < 0)
		return fd;
	if (!(s->cfg->cgroup_flags & SB_CGROUP_MOVE_SELF)) {
		sbi_reason(&s->reasons, "our own cgroup %s holds this process itself",
			   sbi_cg_short(&s->tree, s->tree.own));
		sbi_way_out(&s->reasons,
			    "allow SB_CGROUP_MOVE_SELF (sbx does), or name another parent: sb_set_cgroup_parent()");
		return -EBUSY;
	}
	r = sbi_self_move(s->tree.own, fd, &s->reasons);
	if (r < 0)
		return r;
	r = take(s, s->tree.own, fd, out);
	if (r == 0)
		out->moved = 1;
	else
		sbi_self_release();
	return r;
}

static int try_systemd(struct search *s, struct sbi_parent *out)
{
	sbi_autoclose int fd = -EBADF;
	struct sbi_scope scope;
	int r;

	if (s->cfg->cgroup_flags & SB_CGROUP_NO_SYSTEMD)
		return -EPERM;
	r = sbi_scope_start(&s->tree, s->cfg->cgroup_flags & SB_CGROUP_MOVE_SELF ? 1 : 0, &scope,
			    &s->reasons);
	if (r < 0)
		return r;
	if (scope.holds_us) {
		r = sbi_cg_tree_look(&s->tree, NULL);
		return r < 0 ? r : try_move(s, out);
	}
	out->keeper = scope.keeper;
	out->keeper_pidfd = scope.pidfd;
	fd = open_cgroup(scope.path);
	r = fd < 0 ? fd : sbi_scope_empty(&scope, fd, &s->reasons);
	if (r == 0)
		r = take(s, scope.path, fd, out);
	if (r < 0)
		sbi_scope_end(&out->keeper, &out->keeper_pidfd);
	return r;
}

static int climb(struct search *s, struct sbi_parent *out)
{
	int own, r;

	if (s->cfg->cgroup_parent || s->cfg->cgroup_parent_fd >= 0)
		return try_given(s, out);
	if (sbi_self_use(out->path, sizeof(out->path)) == 0) {
		sbi_autoclose int fd = open_cgroup(out->path);

		r = fd < 0 ? fd : take(s, out->path, fd, out);
		if (r == 0)
			out->moved = 1;
		else
			sbi_self_release();
		return r;
	}
	own = s->tree.own[0] ? try_own(s, out) : -ENOENT;
	if (own == 0)
		return 0;
	if (!s->tree.own[0])
		sbi_reason(&s->reasons, "our own cgroup lies outside of what is mounted at %s", s->tree.mount);
	else if (own != -EPERM && try_above(s, out) == 0)
		return 0;
	if (own == -EBUSY) {
		r = try_move(s, out);
		if (r == 0)
			return 0;
		own = r;
	}
	r = try_systemd(s, out);
	return r == 0 ? 0 : own;
}

/* A scope may hold us, and one of us: two threads with a config each must not look at once. */
static pthread_mutex_t looking = PTHREAD_MUTEX_INITIALIZER;

static int look_and_climb(struct search *s, struct sbi_parent *out, sb_error *err)
{
	int r;

	*out = (struct sbi_parent){ .fd = -EBADF, .keeper = -EBADF, .keeper_pidfd = -EBADF };
	memset(&s->reasons, 0, sizeof(s->reasons));
	pthread_mutex_lock(&looking);
	r = sbi_cg_tree_look(&s->tree, err);
	s->seen = r == 0;
	if (r == 0)
		r = climb(s, out);
	pthread_mutex_unlock(&looking);
	return r;
}

int sbi_cg_find(const sb_config *cfg, uint32_t need, uint32_t want, struct sbi_parent *out, sb_error *err)
{
	sbi_autofree struct search *s = calloc(1, sizeof(*s));
	char names[64];
	int r;

	if (!s)
		return sbi_fail(err, SB_STEP_CGROUP, 0, ENOMEM, "not enough memory to look for a cgroup");
	s->cfg = cfg;
	s->need = need;
	s->want = want;
	r = look_and_climb(s, out, err);
	if (r < 0 && s->seen && want) { /* better a leaf without them than none */
		s->want = 0;
		r = look_and_climb(s, out, err);
	}
	if (r == 0 || !s->seen)
		return r;
	names_of(need, names, sizeof(names));
	sbi_fail(err, SB_STEP_CGROUP, 0, -r, "no place for a cgroup%s%s: %s", need ? " with " : "", names,
		 s->reasons.text);
	sbi_hint(err, "%s",
		 s->reasons.hint[0]
			 ? s->reasons.hint
			 : "name a cgroup that is delegated to this user: sb_set_cgroup_parent(), "
			   "sbx --cgroup-parent; or start in one: systemd-run --user --scope -p Delegate=yes …");
	return r;
}

void sbi_cg_release(struct sbi_parent *parent)
{
	sbi_close_fd(&parent->fd);
	if (parent->moved)
		sbi_self_release();
	parent->moved = 0;
	sbi_scope_end(&parent->keeper, &parent->keeper_pidfd);
}
