/* SPDX-License-Identifier: MIT */
/*
 * Directories of an open box, a slice at a time, so that sb-init is soon back at its other work:
 * listed, and emptied.
 */
#include "box_files.h"
#include "common/tree.h"

static long sbi_tree_allow(int dir, const char *name)
{
	return SYS(fchmodat2, dir, name, 0700, AT_SYMLINK_NOFOLLOW);
}

int open_tree_in(int dir, const char *name)
{
	return sbi_tree_open(dir, name);
}

int empty_some(int top)
{
	return sbi_tree_empty(top);
}

int list_some(int dir, char *page, int32_t *more)
{
	uint64_t buf[1024];
	char *to = page;
	int count = 0;
	long n = SYS(getdents64, dir, buf, sizeof(buf));
	struct statx st;

	*more = n > 0;
	for (struct sbi_tree_entry *e = (struct sbi_tree_entry *)buf; (char *)e < (char *)buf + n;
	     e = (struct sbi_tree_entry *)((char *)e + e->size)) {
		struct sbi_file_entry *out = (struct sbi_file_entry *)to;
		size_t length = text_length(e->name);

		if (sbi_tree_is_dot(e->name) ||
		    SYS(statx, dir, e->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
			STATX_BASIC_STATS, &st) < 0)
			continue;
		*out = (struct sbi_file_entry){ .bytes = st.stx_size, .seconds = st.stx_mtime.tv_sec,
						.nanoseconds = st.stx_mtime.tv_nsec, .mode = st.stx_mode };
		for (size_t i = 0; i <= length; i++)
			out->name[i] = e->name[i];
		to += sbi_file_entry_size(length);
		count++;
	}
	return n < 0 ? (int)n : count;
}
