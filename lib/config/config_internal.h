/* SPDX-License-Identifier: MIT */
/* What a config holds: the caller's words, parsed and copied, nothing decided yet. */
#ifndef SBI_CONFIG_H
#define SBI_CONFIG_H

#include <sandbox/config.h>
#include <sandbox/trace.h>

#include "caller.h"
#include "initfd.h"
#include "net_config.h"
#include "place.h"

#define SBI_MAX_GROUPS 64
#define SBI_MAX_EXTENTS 340 /* user_namespaces(7), since 4.15 */
#define SBI_NS_KINDS 8
#define SBI_MAX_FD 1023
#define SBI_MAX_CPUS 8192 /* the most that a kernel is built for */
#define SBI_MAX_FILES (UINT32_C(1) << 20) /* bytes of all sb_add_file() together */

/* Where a descriptor of the command comes from: a kind for each setter. */
enum sbi_stream_kind {
	SBI_STREAM_HOST,    /* sb_set_fd(): @host_fd, -1 = /dev/null */
	SBI_STREAM_DATA,    /* @data                                 */
	SBI_STREAM_PATH,    /* @path, opened inside with @open_flags and @mode */
	SBI_STREAM_SAME,    /* a duplicate of @other                 */
	SBI_STREAM_CAPTURE, /* a pipe that is kept: @cap, @flags     */
	SBI_STREAM_COPY,    /* a pipe that is passed on to @host_fd and @copy_fd: @cap, @flags */
};

#define SBI_STREAM_WIRE (UINT64_C(1) << 63) /* of @flags: to another member of a group */

struct sbi_stream {
	int fd;
	enum sbi_stream_kind kind;
	int host_fd, copy_fd, other;
	struct sbi_data *data; /* a reference */
	char *path;
	int open_flags;
	uint32_t mode;
	uint64_t cap, flags;
};

struct sbi_rlimit {
	int resource;
	uint64_t soft, hard;
};

struct sbi_extent {
	uint32_t inside, outside, count;
};

struct sbi_extents {
	struct sbi_extent *list;
	uint32_t count;
};

struct sbi_pin {
	uint64_t kind;
	char *path;
};

/* One sb_add_*() of the file system, in order. */
struct sbi_mount {
	uint16_t step; /* SB_STEP_BIND, SB_STEP_TMPFS… */
	uint64_t flags;
	char *source, *target, *work;
	char **list; /* overlay: lower directories */
	void *data;  /* file: content */
	size_t len;
	uint64_t bytes, inodes;
	uint32_t mode;
	uint32_t type; /* of a bind's source, S_IFMT, when it was last looked at; 0 = it was not */
};

/* One of sb_set_limit() and sb_set_soft_limit(); UINT64_MAX = none. */
struct sbi_limit {
	uint64_t value, grace, soft;
	int signal;
};

#define SBI_LIMITS 6 /* by SB_LIMIT_* */

/* One file of the leaf; io.max and the like have one for each device. */
struct sbi_cgroup_setting {
	uint32_t controller; /* SBI_CG_* */
	char file[40], key[64], text[256];
};

struct sbi_device {
	char kind; /* a, b, c */
	uint32_t major, minor; /* UINT32_MAX = any */
	uint32_t access; /* BPF_DEVCG_ACC_* */
};

#define SBI_MAX_LANDLOCK 256

struct sbi_landlock_rule {
	char *path; /* NULL: a port */
	uint64_t rights;
	uint16_t port;
};

/* Landlock, as asked for. Rights are SBI_LL_* bits (config/landlock.h). */
struct sbi_landlock {
	struct sbi_landlock_rule *rules;
	uint32_t count;
	uint64_t handled, optional;
	int is_auto; /* @handled was not given */
};

struct sb_config {
	int failed;      /* errno value of the first setter that failed */
	sb_error sticky; /* its words */
	sb_trace *trace;

	char *path, *cwd;
	char **argv, **env;
	uint32_t umask;
	int nice, session, tty, no_new_privs;
	int nice_set;
	uint32_t tty_rows, tty_columns;
	uint64_t keep_caps;
	struct sbi_rlimit *rlimits;
	struct sbi_stream *fds; /* sorted by fd */
	uint32_t rlimit_count, fd_count;

	uint64_t ns;
	int ns_fd[SBI_NS_KINDS]; /* joined ones; -1 = none */
	int join_fd;         /* pidfd of a sandbox to join; -1 = none */
	char *join_name;     /* … or what it is called, by… */
	uint32_t join_uid;   /* SBI_NAME_OWN, or another user */
	char *name;          /* that the sandbox is registered under */
	struct sbi_pin *pins;
	uint32_t pin_count;
	char *hostname, *domainname;
	int64_t boottime, monotonic;
	int loopback;

	int user_set;
	uint32_t uid, gid;
	uint32_t groups[SBI_MAX_GROUPS];
	uint32_t group_count;
	struct sbi_extents users, group_map;
	int idmap_auto, host_root;

	char *rootfs;
	uint64_t rootfs_flags;
	char **root_lower;
	char *root_upper, *root_work;
	int overlay_reset; /* a reset may replace them, and those of mounts */
	int root_writable;
	struct sbi_mount *mounts;
	uint32_t mount_count;
	size_t file_bytes;

	struct sbi_cgroup_setting *cgroup;
	uint32_t cgroup_count;
	struct sbi_device *devices;
	uint32_t device_count;
	int device_filter; /* also with an empty list */
	uint64_t cgroup_flags;
	char *cgroup_parent;
	int cgroup_parent_fd; /* -1 = none */
	struct sbi_place *place; /* where leaves are made, once it was found; shared by copies */

	const char *seccomp_preset; /* NULL: @policy */
	struct sbi_policy *policy; /* seccomp; shared by copies, never changed */
	struct sbi_filter_cell *filter; /* what it compiles to, shared likewise; NULL = the preset's own */
	struct sbi_landlock landlock;
	int ambient, core_sched, no_new_userns;
	int securebits_set;
	uint32_t securebits;
	uint64_t optional; /* SB_APPLIED_* that may be missing */
	struct sbi_limit limits[SBI_LIMITS];
	uint32_t cpus; /* that there are, where cpu time is limited */

	int aslr, tsc;     /* 0: turned off */
	uint8_t *affinity; /* mask of CPUs; NULL = the caller's */
	uint32_t affinity_bytes;
	int seeded;
	uint8_t seed[32];

	struct sbi_net_config net;

	struct sbi_caller caller; /* what does not change in the calling process */
	struct sbi_initfd *init;  /* the program, shared by copies */
};

/* Setters end in this: remember the first failure with its words, and return -@code. */
int sbi_cfg_fail(sb_config *cfg, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What is 0 or 1; -EINVAL without a config. */
int sbi_cfg_switch(sb_config *cfg, const char *setter, int *field, int on);
/* Replace a string by a copy of @value (NULL = none); 0 or -ENOMEM, remembered. */
int sbi_cfg_string(sb_config *cfg, char **field, const char *value);
/* Room for one more at the end of a list; NULL (remembered) if memory is short. */
void *sbi_cfg_grow(sb_config *cfg, void *list_field, uint32_t count, size_t item);
/* Duplicating what the copied struct still points to: 0, or -1 if memory is short. */
int sbi_dup_string(char **field);
int sbi_dup_block(void *field, size_t bytes);
/* A copy of a NULL-terminated list in one block; NULL if memory is short. */
char **sbi_strv_copy(const char *const list[]);
/* Is @path one that can lie inside: absolute, no "..", shorter than PATH_MAX? Else fails for @setter. */
int sbi_cfg_inside(sb_config *cfg, const char *setter, const char *path);
/*
 * The place of the command's descriptor @fd in the list, made and empty if it is new; -EINVAL for
 * @setter, -ENOMEM.
 */
int sbi_cfg_stream(sb_config *cfg, const char *setter, int fd, struct sbi_stream **stream);
/* What was set for @fd, or NULL. */
const struct sbi_stream *sbi_stream_find(const sb_config *cfg, int fd);
/*
 * What @stream is a duplicate of in the end, its number in @fd: NULL if that is not set, one of
 * kind SAME in a circle.
 */
const struct sbi_stream *sbi_stream_origin(const sb_config *cfg, const struct sbi_stream *stream, int *fd);
void sbi_stream_clear(struct sbi_stream *stream);
int sbi_stream_copy(struct sbi_stream *to, const struct sbi_stream *from);
/* Room for what interfaces share in the host's network, from the first of them on; -ENOMEM, remembered. */
int sbi_cfg_netplace(sb_config *cfg);
/* Does a command of this config get a cgroup of its own? */
int sbi_wants_leaf(const sb_config *cfg);
/* … but only for limits that can be kept without one, if less exactly? */
int sbi_leaf_is_expendable(const sb_config *cfg);
/* Is there such a limit, or a soft one? Which controllers do limits ask for? */
int sbi_has_limit(const sb_config *cfg, uint32_t limit);
uint32_t sbi_limit_controllers(const sb_config *cfg);
/* Does its memory limit bring memory.swap.max = 0 along? */
int sbi_forbids_swap(const sb_config *cfg);
void sbi_mount_clear(struct sbi_mount *m);
int sbi_mount_copy(struct sbi_mount *to, const struct sbi_mount *from);

/* The number of a namespace kind (bit position), or -EINVAL if @kind is not one bit. */
int sbi_ns_number(uint64_t kind);
/* "user", "pid"… for a bit position. */
const char *sbi_ns_name(int number);
/* CLONE_NEW* for a bit position. */
uint64_t sbi_ns_clone(int number);

#endif
