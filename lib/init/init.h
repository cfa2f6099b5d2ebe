/* SPDX-License-Identifier: MIT */
/*
 * sb-init: the first process of a sandbox. It carries out the plan, stays as
 * process 1, starts commands and tells the host how they end. Freestanding: no
 * libc, one thread, static memory. Functions return 0 or -errno.
 */
#ifndef SBI_INIT_H
#define SBI_INIT_H

#include <sandbox/config.h>
#include <sandbox/steps.h>
#include <stddef.h>
#include <stdint.h>

#include "common/plan.h"
#include "common/sys.h"
#include "common/wire.h"

/*
 * Most calls have at most three arguments: one place that adds the others is two KiB less of
 * program. Where a call does not use its sixth argument that is the pass word, for when a filter is
 * there already.
 */
long sys3(long nr, long a, long b, long c);
#undef SYS
#define SYS_OF_(_0, _1, _2, _3, _4, _5, _6, of, ...) of
#define SYS_3_(nr, a, b, c, ...) sys3((nr), (long)(a), (long)(b), (long)(c))
#define SYS_5_(nr, a, b, c, d, e, ...) \
	sys6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)pass)
#define SYS(name, ...)                                                                       \
	SYS_OF_(_, ##__VA_ARGS__, SYS_ARGS_, SYS_5_, SYS_5_, SYS_3_, SYS_3_, SYS_3_, SYS_3_) \
	(__NR_##name, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

#define MNT_DETACH_ 2 /* <sys/mount.h> and the kernel's headers do not go together */
#define PLAN_ROOM 32768 /* of the mapping of sb-init's own plan, if that is not longer */
#define SBI_LANE_INIT 2
#define SBI_LANE_COMMAND 3

/* One section being carried out: sb-init's own set-up, or the way of a command to its exec. */
struct run {
	char *base; /* the mapped plan */
	struct sbi_plan *plan;
	const struct sbi_op *ops;
	struct sbi_mark *marks;
	uint32_t count;
	uint32_t at;     /* the operation being carried out */
	uint32_t detail; /* enum sbi_detail, what is known beyond the errno */
	uint32_t skipped;
	uint32_t left_out; /* operations that were skipped, also those that nobody has to be told of */
	int *slots; /* descriptors that came with the plan */
	int channel;      /* where a terminal's master goes */
	int report;       /* where a process that opens files says how it goes; -1 = it is a vfork's */
	int opening;      /* … and the other end, if it is not done with it; -1 */
	int inherits;     /* the filter, from a zygote */
	int listener_to;  /* where a filter's listener goes: the channel, or ourselves; -1 */
	/* when the command was executed, and the cpu time its process had used by then */
	uint64_t exec_ns, used_ns;
	uint64_t caps;             /* that were kept */
	int landlock_abi;          /* 0 = none in use */
	int ruleset;               /* of Landlock, while rules are added; -1 */
	uint64_t refused;          /* … SBI_LL_* of it */
};

/* An operation returns 0, -errno, or this: it had nothing to do here, which is no loss that counts. */
#define LEFT_OUT 1
typedef int operation(struct run *run, const struct sbi_op *op);

/* state of the whole process */
extern int root_fd;           /* the new root while it is being built */
extern int64_t clock_shift;   /* our monotonic clock minus the host's, in ns */
extern uint64_t pass;         /* sixth argument of what we call after our own filter is there */
extern int name_socket;       /* the sandbox is registered by it; not positive = it has no name */
extern int time_is_new;       /* there is a time namespace for what we start */
extern int among_others;      /* commands are born in a pid namespace where others are */
extern int is_process_one;    /* of a pid namespace made for this sandbox */

/* clock.c */
uint64_t now(void); /* ns on the host's monotonic clock */
/* string.c */
size_t text_length(const char *s);
int text_equal(const char *a, const char *b);
const char *text_after(const char *text, const char *key); /* what follows its first occurrence; "" */
size_t text_number(char *out, uint64_t value); /* decimal, with NUL; its length */
/* carry_out.c */
void done_with(int fd); /* of the set-up's own: closed with others, before they are many; negative: nothing */
void close_dropped(void); /* now */
/* the same in a command's process, which shares our memory and has a table of its own */
void close_copies(void);
int carry_out(struct run *run, operation *(*find)(uint16_t step));
static inline const char *op_text(const struct run *run, uint32_t offset)
{
	return offset ? run->base + offset : NULL;
}
/* channel.c */
int send_record(int fd, struct sbi_record *rec, int passed_fd);
long receive_record(int fd, struct sbi_record *rec, int *fds, uint32_t max, uint32_t *count, int flags);
/* setup.c */
operation *find_setup(uint16_t step);
/* ns.c */
operation do_join, do_name, do_sync, do_hostname, do_domainname, do_timens, do_netsock, do_loopback,
	do_userns;
/* cgroup.c */
operation do_cgroupns, do_cgroupfs;
/* rootfs.c */
operation do_private, do_root, do_pivot;
/* target.c */
void remember_own(const struct run *run, int fd); /* this file system is ours: targets may be made in it */
int open_target(struct run *run, const char *path, int directory, int links);
/* 0: not done, that is for open_target() */
int mount_in_own(int mount, const char *path, int directory, int links);
/* our working directory may be another one until we are in the new root */
int may_leave(const struct run *run);
int open_existing(struct run *run, const char *path);
int open_parent(struct run *run, const char *path, const char **name);
int is_own(int fd);
void remember_own_root(void);
void close_parent(int fd); /* of open_parent(): it may be the root itself */
/* place.c: what returns int is 0 where it is left to target.c */
extern int in_root; /* our working directory is the root to be */
long enter_root(void);
long leave_root(int fd); /* to another one */
int is_at_slash(void);   /* … and everybody may enter it */
void use_paths(const struct run *run); /* the root is an empty one of ours */
void forget_places(void); /* something may be mounted over what we made */
int bind_at_place(const struct run *run, const struct sbi_op *op, int *result);
int new_fs_at_place(const struct run *run, const char *path, const char *type, const char *const options[],
		    uint64_t attributes);
int new_fs_over(struct run *run, const char *path, const char *type, const char *const options[],
		uint64_t attributes);
int seal_at_last(const struct run *run, int result); /* of a bind */
int is_sealed(void); /* the root is read-only */
const char *below(const char *directory, const char *name); /* until the next call; in "" it is the name */
/* mount.c */
#define MS_BIND_ 4096
operation do_bind, do_tmpfs, do_proc, do_mqueue, do_sysfs, do_readonly, do_mask;
int mount_fd_on(int mount, int target);
int new_fs(const char *type, const char *const options[], uint64_t attributes);
int set_attributes(int fd, uint64_t set, int recursive);
long mount_here(const char *source, const char *name, const char *type, uint64_t attributes,
		const char *data);
long bind_here(const char *source, const char *name);
int keeps_root(void);
uint64_t attributes_of(uint64_t flags);
void open_sources(struct run *run);
int opened_source(const struct run *run);
int open_source(const char *path, uint64_t flags, struct run *run);
int is_directory(int fd);
int mount_on_directory(struct run *run, int mount, const char *path);
int new_fs_on(struct run *run, const char *path, int mount); /* the same; on failure it is closed */
/* overlay.c */
operation do_overlay;
int new_overlay(struct run *run, const struct sbi_op *op);
/* files.c */
operation do_dir, do_file, do_symlink;
long write_all(int fd, const char *data, uint64_t len);
/* dev.c */
operation do_dev;
/* command.c */
int start_command(struct run *run, int *pid, int *pidfd, int *listener, struct sbi_record *failure);
/* opening.c */
int start_failed(int error, int *pidfd, struct sbi_record *failure);
struct clone_args;
operation do_open;
int start_opening(struct run *run, struct clone_args *args, int (*child)(void *), int *pid, int *pidfd,
		  int *listener, struct sbi_record *failure);
void report_exec(struct run *run);
void report_failure(struct run *run, int error);
/* identity.c */
operation do_bounding, do_groups, do_user, do_keyring, do_caps, do_no_new_privs;
void seal_self(int single);
uint64_t permitted_caps(void);
long set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable);
long use_permitted(void); /* another user id may have cost us the effective ones */
long raise_ambient(uint64_t caps);
/* process.c */
operation do_session, do_rlimit, do_nice, do_umask, do_cwd;
/* fds.c */
operation do_fd, do_close;
void forget_fds(void);
/* tty.c */
operation do_tty;
/* exec.c */
operation do_exec;
/* sample.c */
operation do_sample;
/* landlock.c */
operation do_landlock;
/* confine.c */
operation do_securebits, do_core_sched, do_no_new_userns;
/* seccomp.c */
operation do_seccomp;
const struct sbi_op *find_filter(const struct run *run); /* NULL: none */
long load_filter(const struct run *run, const struct sbi_op *op); /* without a listener */
const struct sbi_op *find_told(const struct run *run); /* the filter, if its listener is ours */
/* determinism.c */
operation do_personality, do_affinity, do_tsc;
int make_random(int dev, const char *bytes, uint64_t count);
/* denied.c */
struct pollfd;
#define MAX_LISTENERS 64
int listeners_left(void);
int take_listener(const struct run *run, const struct sbi_op *filter, int fd, int pid); /* its number */
uint32_t poll_listeners(struct pollfd *polled);
void on_listeners(const struct pollfd *polled, uint32_t count);
void forget_listener(int listener);
void keep_plan(int listener, void *map, uint64_t size); /* the listener needs it, and unmaps it */
int tell_denied(int listener, int channel); /* at the end of its command; 1: that was killed itself */
/* box_files.c */
void file_request(const struct sbi_record *asked, const int *fds, uint32_t count);
/* commands.c */
void find_children(void);
/* reap.c */
void supervise(struct run *setup) __attribute__((noreturn));

#endif
