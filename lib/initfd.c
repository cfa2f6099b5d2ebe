/* SPDX-License-Identifier: MIT */
/* sb-init as a sealed memfd, or from libexecdir where memfds may not be executed. */
#include "initfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/uapi_compat.h"
#include "error.h"
#include "memfd.h"

#ifndef MFD_ALLOW_SEALING
#define MFD_ALLOW_SEALING 2U
#endif

extern const unsigned char sbi_init_start[], sbi_init_end[]; /* init_blob.S */

/* One making of the program. Never changed once it is published, so that no lock is needed. */
struct made {
	struct made *before; /* one that a host closed behind our back */
	int fd;
	/* what the descriptor was: hosts close what they do not know, and numbers are used again */
	dev_t dev;
	ino_t ino;
};

struct sbi_initfd {
	atomic_int refs;
	_Atomic(struct made *) made;
};

struct sbi_initfd *sbi_initfd_new(void)
{
	struct sbi_initfd *init = calloc(1, sizeof(*init));

	if (init) {
		atomic_init(&init->refs, 1);
		atomic_init(&init->made, NULL);
	}
	return init;
}

struct sbi_initfd *sbi_initfd_ref(struct sbi_initfd *init)
{
	atomic_fetch_add(&init->refs, 1);
	return init;
}

static int is_intact(const struct made *made)
{
	struct stat st;

	return fstat(made->fd, &st) == 0 && st.st_dev == made->dev && st.st_ino == made->ino;
}

void sbi_initfd_unref(struct sbi_initfd *init)
{
	struct made *made, *before;

	if (!init || atomic_fetch_sub(&init->refs, 1) != 1)
		return;
	for (made = atomic_load(&init->made); made; made = before) {
		if (is_intact(made))
			close(made->fd);
		before = made->before;
		free(made);
	}
	free(init);
}

static int make_memfd(void)
{
	/* Before 6.3 every memfd may be executed, and nobody asks. */
	sbi_autoclose int fd = sbi_memfd("sb-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC,
					 MFD_CLOEXEC | MFD_ALLOW_SEALING, sbi_init_start,
					 (size_t)(sbi_init_end - sbi_init_start));

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return sbi_take_fd(&fd);
}

static int make(sb_error *err)
{
	int memfd = make_memfd(), fd;

	if (memfd >= 0)
		return memfd;
	if (memfd != -EACCES) {
		sbi_fail(err, SB_STEP_PREPARE, 0, -memfd, "memfd for sb-init: %s", strerror(-memfd));
		return memfd;
	}
	fd = open(SBI_INIT_PATH, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	sbi_fail(err, SB_STEP_PREPARE, 0, EACCES, "memfd for sb-init: %s, and %s: %s", strerror(EACCES),
		 SBI_INIT_PATH, strerror(errno));
	sbi_hint(err, "vm.memfd_noexec is 2 here: install libsandbox, so that sb-init lies in libexecdir");
	return -EACCES;
}

int sbi_initfd_get(struct sbi_initfd *init, sb_error *err)
{
	struct made *present = atomic_load(&init->made), *made;
	struct stat st;
	int fd;

	if (present && is_intact(present))
		return present->fd;
	fd = make(err);
	if (fd < 0)
		return fd;
	made = malloc(sizeof(*made));
	if (!made || fstat(fd, &st) < 0) {
		free(made);
		close(fd);
		return sbi_fail(err, SB_STEP_PREPARE, 0, ENOMEM, "not enough memory for sb-init");
	}
	*made = (struct made){ present, fd, st.st_dev, st.st_ino };
	if (atomic_compare_exchange_strong(&init->made, &present, made))
		return fd;
	free(made); /* another thread was first */
	close(fd);
	return present->fd;
}
