/* SPDX-License-Identifier: MIT */
/* The options about the file system; those that mount keep the order they were given in. */
#include "parse.h"
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1024 * 1024) /* what sb_add_file() takes in all */
#define LOWER_MAX 64 /* what sb_add_overlay() takes */
#define MODE_OF_FILE UINT32_MAX /* none was given */

static int opt_rootfs(struct run *run, const char *arg)
{
	if (run->rootfs)
		return refuse(run, "there can be one root only");
	run->rootfs = arg;
	return *arg ? 0 : refuse(run, "the name of the directory is empty");
}

static int opt_read_only(struct run *run, const char *arg)
{
	(void)arg;
	run->read_only = true;
	return 0;
}

static int opt_rw(struct run *run, const char *arg)
{
	(void)arg;
	run->writable = true;
	return 0;
}

static int opt_overlay(struct run *run, const char *arg)
{
	(void)arg;
	run->overlay = true;
	return 0;
}

static int opt_proc(struct run *run, const char *arg)
{
	AUTOFREE char *copy = arg ? strdup(arg) : NULL;
	char *rest = copy, *word;

	if (arg && !copy)
		return -ENOMEM;
	run->proc = CHOICE_YES;
	while ((word = next_word(&rest)) != NULL) {
		if (strcmp(word, "pid") == 0)
			run->proc_flags |= SB_PROC_SUBSET_PID;
		else if (strcmp(word, "hidepid") == 0)
			run->proc_flags |= SB_PROC_HIDEPID;
		else if (strcmp(word, "rw") == 0)
			run->proc_flags |= SB_PROC_WRITABLE;
		else
			return refuse(run, "expected pid, hidepid or rw, with commas between them");
	}
	return 0;
}

static int opt_no_proc(struct run *run, const char *arg)
{
	(void)arg;
	run->proc = CHOICE_NO;
	return 0;
}

static int opt_dev(struct run *run, const char *arg)
{
	(void)arg;
	run->dev = CHOICE_YES;
	return 0;
}

static int opt_no_dev(struct run *run, const char *arg)
{
	(void)arg;
	run->dev = CHOICE_NO;
	return 0;
}

static int opt_no_system(struct run *run, const char *arg)
{
	(void)arg;
	run->system_dirs = CHOICE_NO;
	return 0;
}

static int bind_flags(struct run *run, char *list, uint64_t *flags)
{
	static const struct {
		const char *name;
		uint64_t clear, set;
	} words[] = {
		{ "ro", 0, SB_MOUNT_RO },
		{ "rw", SB_MOUNT_RO, 0 },
		{ "noexec", 0, SB_MOUNT_NOEXEC },
		{ "exec", SB_MOUNT_NOEXEC, 0 },
		{ "dev", 0, SB_MOUNT_DEV },
		{ "nodev", SB_MOUNT_DEV, 0 },
		{ "suid", 0, SB_MOUNT_SUID },
		{ "nosuid", SB_MOUNT_SUID, 0 },
		{ "rec", 0, SB_MOUNT_RECURSIVE },
		{ "norec", SB_MOUNT_RECURSIVE, 0 },
		{ "optional", 0, SB_MOUNT_OPTIONAL },
		{ "idmap", 0, SB_MOUNT_IDMAP },
	};
	uint64_t set = 0, clear = 0;
	char *word;

	while ((word = next_word(&list)) != NULL) {
		size_t i = 0, n = sizeof(words) / sizeof(words[0]);

		while (i < n && strcmp(words[i].name, word) != 0)
			i++;
		if (i == n)
			return refuse(run,
				      "expected ro, rw, noexec, exec, dev, nodev, suid, nosuid, rec, norec, "
				      "optional or idmap after the second colon");
		set |= words[i].set;
		clear |= words[i].clear;
	}
	if (set & clear)
		return refuse(run, "the options contradict each other");
	*flags = (*flags | set) & ~clear;
	return 0;
}

/* As docker's: with the mounts below it, unless norec says otherwise. */
static int opt_volume(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	AUTOFREE char *absolute = NULL;
	char *rest = copy, *source, *target;
	uint64_t flags = SB_MOUNT_RECURSIVE;
	int r;

	if (!copy)
		return -ENOMEM;
	source = next_field(&rest, ':');
	target = next_field(&rest, ':');
	if (!*source || !target || !*target)
		return refuse(run, "expected SOURCE:TARGET[:OPTIONS]");
	r = bind_flags(run, rest, &flags);
	if (r < 0)
		return r;
	if (source[0] != '/') {
		AUTOFREE char *here = getcwd(NULL, 0);

		if (!here || asprintf(&absolute, "%s/%s", here, source) < 0)
			return refuse_errno(run);
		source = absolute;
	}
	return sb_add_bind(run->cfg, source, target, flags);
}

static int opt_tmpfs(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *target, *word;
	uint64_t bytes = 0, inodes = 0;
	uint32_t mode = 01777;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	target = next_field(&rest, ':');
	while (r == 0 && (word = next_word(&rest)) != NULL) {
		if (strncmp(word, "size=", 5) == 0)
			r = parse_size(word + 5, &bytes);
		else if (strncmp(word, "inodes=", 7) == 0)
			r = parse_u64(word + 7, &inodes);
		else if (strncmp(word, "mode=", 5) == 0)
			r = parse_octal(word + 5, 07777, &mode);
		else
			r = -EINVAL;
	}
	if (r < 0)
		return refuse(run, "expected PATH[:size=64m,inodes=N,mode=1777]");
	return sb_add_tmpfs(run->cfg, target, bytes, inodes, mode);
}

/* One byte more than the library takes is enough for it to refuse a file that is too long. */
static ssize_t read_file(const char *path, char *data, bool *executable)
{
	struct stat st;
	size_t len = 0;
	ssize_t got = 1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (got > 0 && len <= FILE_MAX) {
		got = read(fd, data + len, FILE_MAX + 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (got < 0 || fstat(fd, &st) < 0) {
		close(fd);
		return -1;
	}
	*executable = st.st_mode & 0111;
	close(fd);
	return (ssize_t)len;
}

/* PATH or PATH:mode=M before the equals sign; a colon without "mode=" behind it is part of the path. */
static char *file_target(char **rest, uint32_t *mode)
{
	char *colon = strstr(*rest, ":mode="), *path = *rest, *text;
	size_t equals = strcspn(*rest, "=");

	if (!colon || (size_t)(colon - *rest) + strlen(":mode") != equals)
		return next_field(rest, '=');
	*colon = '\0';
	*rest = colon + strlen(":mode=");
	text = next_field(rest, '=');
	return parse_octal(text, 07777, mode) < 0 ? NULL : next_field(&path, '\0');
}

static int opt_file(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	AUTOFREE char *data = malloc(FILE_MAX + 1);
	char *rest = copy, *target;
	uint32_t mode = MODE_OF_FILE;
	bool executable;
	ssize_t len;

	if (!copy || !data)
		return -ENOMEM;
	target = file_target(&rest, &mode);
	if (!target || !*target || !rest || !*rest)
		return refuse(run, "expected PATH[:mode=0644]=FILE, FILE one of the host");
	len = read_file(rest, data, &executable);
	if (len < 0)
		return refuse_errno(run);
	/* Executable if it was: a script can be run at once. */
	if (mode == MODE_OF_FILE)
		mode = executable ? 0755 : 0644;
	return sb_add_file(run->cfg, target, data, (size_t)len, mode);
}

static int opt_symlink(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *target;

	if (!copy)
		return -ENOMEM;
	target = next_field(&rest, '=');
	if (!*target || !rest || !*rest)
		return refuse(run, "expected PATH=TEXT");
	return sb_add_symlink(run->cfg, rest, target);
}

static int opt_dir(struct run *run, const char *arg)
{
	AUTOFREE char *copy = strdup(arg);
	char *rest = copy, *target;
	uint32_t mode = 0755;

	if (!copy)
		return -ENOMEM;
	target = next_field(&rest, ':');
	if (rest && (strncmp(rest, "mode=", 5) != 0 || parse_octal(rest + 5, 07777, &mode) < 0))
		return refuse(run, "expected PATH[:mode=0755]");
	return sb_add_dir(run->cfg, target, mode);
}

/* The keys of --overlayfs; @place is what a key stands for. Return: NULL for anything else. */
static const char **overlay_place(const char *field, const char **lower, const char **upper,
				  const char **work)
{
	if (strncmp(field, "lower=", 6) == 0)
		return lower;
	if (strncmp(field, "upper=", 6) == 0)
		return upper;
	return strncmp(field, "work=", 5) == 0 ? work : NULL;
}

static int opt_overlayfs(struct run *run, const char *arg)
{
	static const char why[] = "expected DIR:lower=PATH[:lower=PATH]...[:upper=PATH:work=PATH]";
	AUTOFREE char *copy = strdup(arg);
	const char *lower[LOWER_MAX + 1] = { NULL }, *upper = NULL, *work = NULL, **place;
	char *rest = copy, *target, *field;
	size_t n = 0;

	if (!copy)
		return -ENOMEM;
	target = next_field(&rest, ':');
	while ((field = next_field(&rest, ':')) != NULL) {
		if (n == LOWER_MAX)
			return refuse(run, "more than 64 lower directories");
		place = overlay_place(field, &lower[n], &upper, &work);
		if (!place || *place)
			return refuse(run, why);
		*place = strchr(field, '=') + 1;
		n += lower[n] != NULL;
	}
	return n ? sb_add_overlay(run->cfg, target, lower, upper, work) : refuse(run, why);
}

static int opt_mask(struct run *run, const char *arg)
{
	return sb_add_mask(run->cfg, arg);
}

static int opt_ro_path(struct run *run, const char *arg)
{
	return sb_add_readonly(run->cfg, arg);
}

static int opt_mqueue(struct run *run, const char *arg)
{
	return sb_add_mqueue(run->cfg, arg);
}

static int opt_sysfs(struct run *run, const char *arg)
{
	return sb_add_sysfs(run->cfg, arg);
}

#define LATE_MOUNT (ROW_LATE | ROW_MOUNT)

const struct option_row fs_options[] = {
	{ "rootfs", 0, "DIR", ROW_MOUNT, opt_rootfs, "DIR is the root; / keeps the present one" },
	{ "read-only", 0, NULL, ROW_MOUNT, opt_read_only, "the root is read-only (default without --rootfs)" },
	{ "rw", 0, NULL, ROW_MOUNT, opt_rw, "the root is writable (default with --rootfs)" },
	{ "overlay", 0, NULL, ROW_MOUNT, opt_overlay, "writes to the root are forgotten at the end" },
	{ "no-system", 0, NULL, ROW_MOUNT, opt_no_system, "without the host's /usr, /bin, /lib…" },
	{ "proc", 0, "pid,hidepid,rw", ROW_MOUNT | ROW_OPTIONAL, opt_proc,
	  "mount /proc (default where PIDs are new)" },
	{ "no-proc", 0, NULL, ROW_MOUNT, opt_no_proc, "leave /proc alone" },
	{ "dev", 0, NULL, ROW_MOUNT, opt_dev, "mount a minimal /dev (default but for --rootfs /)" },
	{ "no-dev", 0, NULL, ROW_MOUNT, opt_no_dev, "leave /dev alone" },
	{ "volume", 'v', "SRC:DST[:OPTS]", LATE_MOUNT, opt_volume,
	  "show SRC as DST; ro,noexec,dev,suid,norec,optional,idmap" },
	{ "tmpfs", 0, "DIR[:OPTS]", LATE_MOUNT, opt_tmpfs,
	  "an empty directory in memory; size=64m,inodes=N,mode=1777" },
	{ "file", 0, "PATH[:mode=M]=FILE", LATE_MOUNT, opt_file, "a copy of FILE" },
	{ "symlink", 0, "PATH=TEXT", LATE_MOUNT, opt_symlink, "a symbolic link that says TEXT" },
	{ "dir", 0, "PATH[:mode=M]", LATE_MOUNT, opt_dir, "a directory, with those above it" },
	{ "overlayfs", 0, "DIR:lower=L...", LATE_MOUNT, opt_overlayfs,
	  "DIR is L in layers, with upper=U:work=W or a tmpfs for writes" },
	{ "mask", 0, "PATH", LATE_MOUNT, opt_mask, "hide PATH behind something empty" },
	{ "ro-path", 0, "PATH", LATE_MOUNT, opt_ro_path, "what is mounted at or below PATH is read-only" },
	{ "mqueue", 0, "DIR", LATE_MOUNT, opt_mqueue, "mount the POSIX message queues" },
	{ "sysfs", 0, "DIR", LATE_MOUNT, opt_sysfs, "mount /sys, read-only" },
	{ 0 },
};
