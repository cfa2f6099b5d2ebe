/* SPDX-License-Identifier: MIT */
/*
 * By path, in an empty root of ours: what we made a moment ago is no link and holds nothing, so
 * that no path through it leads elsewhere, and one call does what takes three to seven by
 * descriptors. What is not done here is for those: they look more closely, and know why something
 * fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"

#define MAX_PATH 4096
#define MAX_MADE 64
#define MAX_DATA 160
#define MS_REC_ 16384
#define SEALED (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

int in_root;

static int by_path;     /* it is such a root, and nobody needs the host's working directory any more */
static uint32_t sealer; /* the operation that makes all binds and the root read-only; 0 = each for itself */
static int sealed;
static struct {
	const char *path; /* beginning of a text of the plan */
	size_t length;
} made[MAX_MADE]; /* directories, in directories like them */
static uint32_t made_count;

long enter_root(void)
{
	long r = in_root ? 0 : SYS(fchdir, root_fd);

	in_root = r == 0;
	return r;
}

long leave_root(int fd)
{
	in_root = 0;
	return SYS(fchdir, fd);
}

int is_at_slash(void)
{
	return by_path && in_root;
}

/* Is a source named from the host's working directory? */
static int is_needed(const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		if (run->ops[i].step == SB_STEP_BIND && op_text(run, run->ops[i].text[0])[0] != '/')
			return 1;
	return 0;
}

/*
 * Where all binds are to be read-only, nothing but file systems comes after them, and the root itself becomes
 * read-only, one call is enough for all: it is made by the last bind. 0 = that is not so.
 */
static uint32_t find_sealer(const struct run *run)
{
	uint32_t last = 0;
	int after = 0;

	for (uint32_t i = run->at + 1; i < run->count; i++) {
		const struct sbi_op *op = &run->ops[i];

		if (op->step == SB_STEP_PIVOT)
			return op->arg[0] ? last : 0;
		if (op->step == SB_STEP_DEV || op->step == SB_STEP_TMPFS || op->step == SB_STEP_PROC) {
			after = 1;
			continue;
		}
		if (after || (op->step == SB_STEP_BIND && attributes_of(op->arg[0]) != SEALED) ||
		    op->arg[0] & SB_MOUNT_IDMAP)
			return 0;
		if (op->step == SB_STEP_BIND)
			last = op->flags & SBI_OP_OPTIONAL ? 0 : i; /* that one may be left out */
		else if (op->step == SB_STEP_SYMLINK || op->step == SB_STEP_DIR || op->step == SB_STEP_FILE)
			last = 0;
		else
			return 0;
	}
	return 0;
}

void use_paths(const struct run *run)
{
	by_path = !is_needed(run) && enter_root() == 0;
	sealer = by_path ? find_sealer(run) : 0;
}

void forget_places(void)
{
	made_count = 0;
}

/* Its place in the list, or that of the next one. */
static uint32_t find_made(const char *path, size_t length)
{
	uint32_t i = 0;

	for (; i < made_count; i++) {
		size_t n = 0;

		while (n < length && made[i].length == length && made[i].path[n] == path[n])
			n++;
		if (n == length)
			break;
	}
	return i;
}

static void note_made(const char *path, size_t length)
{
	if (made_count < MAX_MADE) {
		made[made_count].path = path;
		made[made_count++].length = length;
	}
}

/* The first @length bytes of @path, a directory in which nothing is: is it one by now? */
static int make_directory(const char *path, size_t length)
{
	char part[MAX_PATH];

	for (size_t i = 0; i < length; i++)
		part[i] = path[i];
	part[length] = '\0';
	return SYS(mkdirat, AT_FDCWD, part, 0755) == 0;
}

/* A new directory or file at @path of the root, which is our working directory then. */
static int make_place(const char *path, int directory)
{
	size_t length = 0;

	if (!by_path || enter_root() < 0)
		return 0;
	for (; path[length]; length++)
		if (path[length] == '/' && find_made(path, length) == made_count) {
			if (!make_directory(path, length))
				return 0;
			note_made(path, length);
		}
	return directory ? make_directory(path, length)
			 : SYS(mknodat, AT_FDCWD, path, S_IFREG | 0444, 0) == 0;
}

/* The same; it may have been made beforehand, and is not plain any more after what comes. */
static int take_place(const char *path)
{
	uint32_t i = find_made(path, text_length(path));

	if (i == made_count)
		return make_place(path, 1);
	made[i] = made[--made_count];
	return enter_root() == 0;
}

/* Once nothing can be made in the root, the places of what comes must be there. */
static int seal(const struct run *run)
{
	struct mount_attr writable = { .attr_clr = MOUNT_ATTR_RDONLY };
	int r = 1;

	for (uint32_t i = run->at + 1; r > 0 && run->ops[i].step != SB_STEP_PIVOT; i++) {
		const char *path = op_text(run, run->ops[i].text[1]);

		r = made_count < MAX_MADE && make_place(path, 1);
		if (r)
			note_made(path, text_length(path));
	}
	sealed = r;
	r = set_attributes(root_fd, SEALED, 1);
	if (r == 0 && !sealed)
		r = (int)SYS(mount_setattr, root_fd, "", AT_EMPTY_PATH, &writable, sizeof(writable));
	return r;
}

int is_sealed(void)
{
	return sealed;
}

int seal_at_last(const struct run *run, int r)
{
	return r == 0 && sealer && run->at == sealer ? seal(run) : r;
}

/*
 * Of a directory, unless something else was or can be found out. What is optional may be missing,
 * and then leaves no trace.
 */
static int is_directory_at(const char *path, const struct sbi_op *op)
{
	uint32_t type = op->flags & SBI_OP_OPTIONAL ? 0 : op->id[2];
	struct statx st;

	if (!type)
		type = SYS(statx, AT_FDCWD, path, 0, STATX_TYPE, &st) == 0 ? st.stx_mode & S_IFMT : 0;
	return type ? type == S_IFDIR : -1;
}

int bind_at_place(const struct run *run, const struct sbi_op *op, int *result)
{
	const char *source = op_text(run, op->text[0]), *path = op_text(run, op->text[1]);
	struct mount_attr attr = { .attr_set = attributes_of(op->arg[0]) };
	int recursive = op->arg[0] & SB_MOUNT_RECURSIVE ? 1 : 0, directory;

	if (!by_path || (op->arg[0] & SB_MOUNT_IDMAP))
		return 0;
	directory = is_directory_at(source, op);
	if (directory < 0 || !make_place(path, directory))
		return 0;
	if (mount_here(source, path, NULL, MS_BIND_ | (recursive ? MS_REC_ : 0), NULL) < 0) {
		/* it may have to be the other kind */
		SYS(unlinkat, AT_FDCWD, path, directory ? AT_REMOVEDIR : 0);
		return 0;
	}
	*result = 0;
	if (!sealer)
		*result = (int)SYS(mount_setattr, AT_FDCWD, path, recursive ? AT_RECURSIVE : 0, &attr,
				   sizeof(attr));
	return 1;
}

static size_t append(char *data, size_t used, const char *text)
{
	while (*text && used < MAX_DATA)
		data[used++] = *text++;
	return used;
}

/* The pairs that new_fs() takes, as mount(2) takes them; 0: there is no room for it. */
static int join_options(const char *const options[], char data[MAX_DATA + 1])
{
	size_t used = 0;

	for (size_t i = 0; options && options[i]; i += 2) {
		if (i)
			used = append(data, used, ",");
		used = append(data, used, options[i]);
		if (options[i + 1]) {
			used = append(data, used, "=");
			used = append(data, used, options[i + 1]);
		}
	}
	data[used] = '\0';
	return used < MAX_DATA;
}

int new_fs_at_place(const struct run *run, const char *path, const char *type, const char *const options[],
		    uint64_t attributes)
{
	char data[MAX_DATA + 1];

	return by_path && may_leave(run) && join_options(options, data) && take_place(path) &&
	       mount_here(type, path, type, attributes, data) == 0;
}

/* In any other root: what it is mounted on is our working directory, however it came there. */
int new_fs_over(struct run *run, const char *path, const char *type, const char *const options[],
		uint64_t attributes)
{
	char data[MAX_DATA + 1];
	int target, r;

	if (by_path || !may_leave(run) || !join_options(options, data))
		return 0;
	target = open_target(run, path, 1, 0);
	r = target >= 0 && leave_root(target) == 0 && mount_here(type, ".", type, attributes, data) == 0;
	done_with(target);
	return r;
}

const char *below(const char *directory, const char *name)
{
	static char path[MAX_PATH + 32];
	size_t used = 0;

	if (!directory[0])
		return name;
	while (*directory)
		path[used++] = *directory++;
	path[used++] = '/';
	while ((path[used++] = *name++))
		;
	return path;
}
