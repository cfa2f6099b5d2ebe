/* SPDX-License-Identifier: MIT */
/*
 * Files of an open box: what the host asks sb-init for. A FILE record brings a
 * socket for the answer, a memfd of SBI_FILE_PAGE bytes that begins with the
 * path (relative to the root, no "..", ended by NUL), and for some calls a directory.
 */
#ifndef SBI_FILES_H
#define SBI_FILES_H

#include <stdint.h>

#define SBI_FILE_PAGE 16384

/*
 * sbi_record.at of FILE. With it: status = flags of open(2), detail = mode, args[] = the box's user
 * and group.
 */
enum sbi_file_call {
	SBI_FILE_OPEN,
	SBI_FILE_MKDIR,
	SBI_FILE_UNLINK, /* not a directory */
	SBI_FILE_REMOVE, /* what is not, or an empty one; else ENOTEMPTY, with a descriptor of it */
	SBI_FILE_EMPTY,  /* some of what is in the directory that comes with it; count: is anything left? */
	/* the next entries of it into the page, from its beginning on; count, status: is there more? */
	SBI_FILE_LIST,
	SBI_FILE_CALLS
};

/* One entry in the page; the next one begins at a multiple of eight. */
struct sbi_file_entry {
	uint64_t bytes;
	int64_t seconds; /* when it was changed */
	uint32_t nanoseconds;
	uint32_t mode;
	char name[]; /* with NUL */
};

static inline uint64_t sbi_file_entry_size(uint64_t name_length)
{
	return (sizeof(struct sbi_file_entry) + name_length + 8) & ~UINT64_C(7);
}

#endif
