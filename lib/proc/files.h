/* SPDX-License-Identifier: MIT */
/* Asking sb-init for a file of its box. */
#ifndef SBI_PROC_FILES_H
#define SBI_PROC_FILES_H

#include <sandbox/files.h>

#include "common/files.h"
#include "common/wire.h"

/* One call of the caller's; what is asked for it, one thing after the other. */
struct sbi_files {
	sb_box *box;
	const char *verb, *path; /* for words */
	char *inside;            /* the path as sb-init gets it */
	int page;                /* shared with sb-init (common/files.h) */
	sb_error *err;
};

/**
 * sbi_files_begin - check what the caller gave. @mode: of what is made, or 0. 0 or -errno; then
 * sbi_files_end() too.
 */
int sbi_files_begin(struct sbi_files *f, const char *verb, sb_box *box, const char *path, uint32_t mode,
		    sb_error *err);
void sbi_files_end(struct sbi_files *f);
/**
 * sbi_files_ask - one request
 * @flags: of open(2)
 * @dir: a directory that goes with it, or -EBADF
 * @fd: gets what comes with the answer, or -EBADF; may be NULL
 * @answer: may be NULL
 *
 * Return: 0 or -errno, with words.
 */
int sbi_files_ask(struct sbi_files *f, enum sbi_file_call call, int flags, uint32_t mode, int dir, int *fd,
		  struct sbi_record *answer);
/** sbi_files_open - the descriptor of a file; -errno with words. */
int sbi_files_open(struct sbi_files *f, int flags, uint32_t mode);
/**
 * sbi_files_empty - sb-init of the sb_box @box removes some of what is in @dir, which need not be in the box
 *
 * Return: 1 = there may be more, 0, -errno.
 */
int sbi_files_empty(void *box, int dir);
/** sbi_files_fail - words for what went wrong at the path; -@code. @answer: sb-init's, or NULL. */
int sbi_files_fail(struct sbi_files *f, int code, const struct sbi_record *answer);

#endif
