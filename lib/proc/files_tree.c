/* SPDX-License-Identifier: MIT */
/* Directories of a box: listed, and removed with all that is in them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "files.h"

#define MAX_SLICES 2048 /* of 512 names: an end for what is filled as fast as it is emptied */
#define MAX_TRIES 64

struct listing {
	sb_dirent *list;
	size_t count, room;
};

static int add(struct listing *all, const struct sbi_file_entry *entry)
{
	sb_dirent *to;

	if (all->count == SB_LIST_MAX)
		return -E2BIG;
	if (all->count == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		sb_dirent *grown = realloc(all->list, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		all->list = grown;
		all->room = room;
	}
	to = &all->list[all->count++];
	memset(to, 0, sizeof(*to));
	to->size = sizeof(*to);
	to->mode = entry->mode;
	to->bytes = S_ISREG(entry->mode) ? entry->bytes : 0;
	to->mtime_ns = entry->seconds < 0 ? 0 : (uint64_t)entry->seconds * 1000000000 + entry->nanoseconds;
	memcpy(to->name, entry->name, strnlen(entry->name, sizeof(to->name) - 1));
	return 0;
}

static int read_page(struct sbi_files *f, uint64_t count, struct listing *all)
{
	uint64_t page[SBI_FILE_PAGE / 8];
	const char *at = (const char *)page, *end = at + sizeof(page) - 1;
	int r = 0;

	if (pread(f->page, page, sizeof(page), 0) != sizeof(page))
		return -EIO;
	for (uint64_t i = 0; r == 0 && i < count; i++) {
		const struct sbi_file_entry *entry = (const struct sbi_file_entry *)at;

		if (at + sizeof(*entry) > end)
			return -EPROTO;
		r = add(all, entry);
		at += sbi_file_entry_size(strnlen(entry->name, (size_t)(end - entry->name)));
	}
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const sb_dirent *)a)->name, ((const sb_dirent *)b)->name);
}

static int list(struct sbi_files *f, struct listing *all)
{
	sbi_autoclose int dir = sbi_files_open(f, O_RDONLY | O_DIRECTORY, 0);
	struct sbi_record answer;
	int r = dir < 0 ? dir : 0;

	for (int more = 1; r == 0 && more;) {
		r = sbi_files_ask(f, SBI_FILE_LIST, 0, 0, dir, NULL, &answer);
		if (r < 0)
			break;
		more = answer.status;
		r = read_page(f, answer.count, all);
		if (r < 0)
			sbi_files_fail(f, -r, NULL);
	}
	if (r == 0 && all->count)
		qsort(all->list, all->count, sizeof(*all->list), by_name);
	return r;
}

ssize_t sb_box_list(sb_box *box, const char *path, sb_dirent *entries, size_t room, sb_error *err)
{
	struct listing all = { NULL, 0, 0 };
	uint32_t stride = 0;
	struct sbi_files f;
	ssize_t r;

	if (entries && room)
		stride = entries[0].size;
	if (room && stride < offsetof(sb_dirent, name))
		return sbi_fail(err, SB_STEP_FILES, 0, EINVAL,
				"list: room for %zu entries, and none of a known size", room);
	r = sbi_files_begin(&f, "list", box, path, 0, err);
	if (r == 0)
		r = list(&f, &all);
	sbi_files_end(&f);
	for (size_t i = 0; r == 0 && i < all.count && i < room; i++) {
		char *to = (char *)entries + i * stride;

		memcpy(to, &stride, sizeof(stride));
		sbi_copy_out(to, &all.list[i], sizeof(all.list[i]));
	}
	free(all.list);
	return r < 0 ? r : (ssize_t)all.count;
}

/* Until a slice finds nothing more. */
static int empty(struct sbi_files *f, int dir, int *slices)
{
	struct sbi_record answer = { .count = 1 };
	int r = 0;

	while (r == 0 && answer.count) {
		if (--*slices < 0)
			return sbi_files_fail(f, EAGAIN, NULL);
		r = sbi_files_ask(f, SBI_FILE_EMPTY, 0, 0, dir, NULL, &answer);
	}
	return r;
}

int sbi_files_empty(void *box, int dir)
{
	struct sbi_record answer = { 0 };
	struct sbi_files f;
	int r = sbi_files_begin(&f, "empty", box, "/", 0, NULL);

	if (r == 0)
		r = sbi_files_ask(&f, SBI_FILE_EMPTY, 0, 0, dir, NULL, &answer);
	sbi_files_end(&f);
	return r < 0 ? r : answer.count != 0;
}

int sb_box_remove(sb_box *box, const char *path, sb_error *err)
{
	int r, fd, slices = MAX_SLICES;
	struct sbi_record answer = { 0 };
	struct sbi_files f;

	r = sbi_files_begin(&f, "remove", box, path, 0, err);
	for (int i = 0; r == 0; i++) {
		r = sbi_files_ask(&f, SBI_FILE_REMOVE, 0, 0, -EBADF, &fd, &answer);
		if (r != -ENOTEMPTY || fd < 0) {
			sbi_close_fd(&fd);
			break;
		}
		r = i < MAX_TRIES ? empty(&f, fd, &slices) : sbi_files_fail(&f, EAGAIN, NULL);
		sbi_close_fd(&fd);
	}
	sbi_files_end(&f);
	return r;
}
