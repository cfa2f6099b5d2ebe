/* SPDX-License-Identifier: MIT */
/*
 * Compiling a config into a plan: who the caller is (view), who the command
 * will be (identity), and in which order what is done (compile). No side
 * effects: the same config and view give the same plan.
 */
#ifndef SBI_PLAN_INTERNAL_H
#define SBI_PLAN_INTERNAL_H

#include "arena.h"
#include "common/plan.h"
#include "config/config_internal.h"
#include "config/seccomp.h"

/* A sandbox that is joined: sb_set_join(). */
struct sbi_joined {
	sb_config cfg;     /* the caller's, with its namespaces in it; what it points to is the caller's */
	int pidfd;         /* of its sb-init */
	int fds[SBI_NS_KINDS];
	int may_setgroups; /* in its user namespace */
	struct sbi_extents users, groups; /* as seen from here; none without a user namespace of its own */
};

/* What the plan depends on besides the config: the calling process. */
struct sbi_view {
	const struct sbi_joined *joined; /* borrowed; NULL */
	uint32_t euid, egid;
	int privileged;     /* CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID in its user namespace */
	int may_setgroups;  /* /proc/self/setgroups does not say deny */
	int root_is_host;   /* id 0 here is id 0 of the user namespace above */
	int nobody_mapped;  /* 65534 exists here */
	/* /etc/subuid and /etc/subgid, only for sb_set_idmap_auto() */
	struct sbi_extents sub_users, sub_groups;
};

/* How the ids of the sandbox come about. */
enum sbi_userns {
	SBI_USERNS_NONE,  /* the caller's */
	SBI_USERNS_CLONE, /* born in it: the caller has no privilege */
	SBI_USERNS_LATE,  /* entered by sb-init after the mounts, while it is privileged */
	SBI_USERNS_READY, /* made beforehand by the host, joined late: idmapped mounts need it */
	SBI_USERNS_JOIN,  /* the caller gave a descriptor */
};

struct sbi_identity {
	enum sbi_userns userns;
	int need_helper;       /* the maps need newuidmap and newgidmap */
	int deny_setgroups;    /* written to /proc/PID/setgroups before gid_map */
	int set_groups;        /* setgroups(2) is possible */
	/* a user namespace without root: another id costs no capability, securebits are none */
	int fresh;
	uint32_t uid, gid;     /* the command's, inside */
	uint32_t owner_uid, owner_gid; /* the same, as sb-init sees them while it mounts */
	struct sbi_extents users, groups;
};

/* An open box, for a command that is started in it. */
struct sbi_boxed {
	struct sbi_identity id;
	int has_leaves;   /* each of its commands has a cgroup of its own */
	int new_cgroupns; /* … and a cgroup namespace */
	uint64_t separate; /* SB_NS_*: not the caller's */
	uint64_t caps;     /* the most that its commands may keep */
};

/* A compiled config: the blob, and what the host does with it. */
struct sbi_compiled {
	struct sbi_arena arena;
	struct sbi_identity id;
	uint64_t clone_flags;    /* CLONE_NEW* of the first process */
	uint64_t applied;        /* SB_NS_*, SB_APPLIED_* */
	uint64_t separate;       /* SB_NS_*: namespaces of the command that are not the caller's */
	int has_leaf;            /* the command gets a cgroup of its own */
	/* nobody inside has power over the network namespace, and none outlives sb-init */
	int net_tame;
	int opens;               /* the command's process opens files as its streams */
	uint64_t late_sync;      /* what the command's process has to wait for */
	/* host descriptors; -1 = /dev/null, -2 = the ready user namespace, -3 = the leaf… */
	int slots[SBI_MAX_SLOTS];
	uint32_t slot_count;
	uint32_t stdio[3];       /* slots of 0 to 2, plus 1; 0 = none */
	struct sbi_op *setup, *command; /* while compiling; an operation moves when the next one is added */
	struct sbi_filter *filter;      /* a reference; NULL without */
	struct sbi_op overflow;         /* what is written after a failure */
	uint32_t setup_count, command_count;
};

#define SBI_SLOT_NULL (-1)
#define SBI_SLOT_USERNS (-2)
#define SBI_SLOT_LEAF (-3)
/* Files of the leaf, for sb-init's limits. */
#define SBI_SLOT_CPU_STAT (-4)
#define SBI_SLOT_PIDS_EVENTS (-5)
#define SBI_SLOT_KILL (-6)
#define SBI_SLOT_NETNS (-7) /* out of a pool */
#define SBI_SLOT_NAME (-8) /* the socket that holds the name */
#define SBI_SLOT_STREAM (-16) /* less N: made for sb_config.fds[N] */

#define SBI_COMPILE_SETUP 1
#define SBI_COMPILE_COMMAND 2
#define SBI_COMPILE_NO_LEAF 4 /* there is no place for one: sbi_leaf_is_expendable() */

/** sbi_view_get - look at the calling process. @cfg tells what is worth reading. */
int sbi_view_get(const sb_config *cfg, struct sbi_view *view, sb_error *err);
void sbi_view_free(struct sbi_view *view);
/** sbi_joined_get - look for the sandbox that is to be joined. NULL if there is none. */
int sbi_joined_get(const sb_config *cfg, struct sbi_joined **out, sb_error *err);
/** sbi_joined_free - accepts NULL. */
void sbi_joined_free(struct sbi_joined *joined);
/** sbi_is_ending - has sb-init, of this pidfd, ended, or begun to? Then its sandbox is being killed. */
int sbi_is_ending(int pidfd);
/* Does sb-init give up the host's privilege on its way into a user namespace? */
static inline int sbi_identity_enters_late(const struct sbi_identity *id, const struct sbi_view *view)
{
	return id->userns == SBI_USERNS_LATE || id->userns == SBI_USERNS_READY ||
	       (id->userns == SBI_USERNS_JOIN && view->privileged);
}

/** sbi_identity_resolve - decide maps and ids; -EPERM, -EINVAL with words. */
int sbi_identity_resolve(const sb_config *cfg, const struct sbi_view *view, struct sbi_identity *id,
			 sb_error *err);
/** sbi_identity_for_box - ids of a further command in a box whose maps are known. */
int sbi_identity_for_box(const sb_config *cfg, const struct sbi_identity *box, struct sbi_identity *id,
			 sb_error *err);

/** sbi_check - contradictions between settings. @what: SBI_COMPILE_*. */
int sbi_check(const sb_config *cfg, int what, sb_error *err);
/** sbi_contradiction - fail with -EINVAL. */
int sbi_contradiction(sb_error *err, const char *what, const char *hint);

/**
 * sbi_compile - config to plan
 * @what: SBI_COMPILE_SETUP for a box, SBI_COMPILE_COMMAND for a command in one, both for sb_spawn()
 * @box: with COMMAND alone, what the box is like
 */
int sbi_compile(const sb_config *cfg, const struct sbi_view *view, int what, const struct sbi_boxed *box,
		struct sbi_compiled *out, sb_error *err);
void sbi_compiled_free(struct sbi_compiled *compiled);

/* emit.c: an operation at the end of a section; the number of the slot that a host descriptor will have. */
struct sbi_op *sbi_emit(struct sbi_compiled *c, int command, uint16_t step, uint32_t index);
uint32_t sbi_slot(struct sbi_compiled *c, int host_fd);
/* compile_fs.c, compile_command.c: the parts of sbi_compile(). */
/* "/usr//lib/./x/" -> "usr/lib/x": what openat2 gets, beneath the new root. @out: PATH_MAX bytes. */
void sbi_target_path(const char *path, char *out);
void sbi_compile_fs(const sb_config *cfg, struct sbi_compiled *c);
/* compile_net.c: sockets for the host to work through; files of names; what contradicts what. */
void sbi_compile_net(const sb_config *cfg, struct sbi_compiled *c);
void sbi_compile_names(const sb_config *cfg, struct sbi_compiled *c);
int sbi_check_net(const sb_config *cfg, int what, sb_error *err);
int sbi_check_netpool(const sb_config *cfg, const struct sbi_view *view, sb_error *err);
int sbi_is_net_tame(const sb_config *cfg, const struct sbi_identity *id);
/*
 * compile_confine.c: sysctl of the set-up; securebits and core scheduling; Landlock's operations.
 * @half: SBI_NOUSERNS_*.
 */
void sbi_compile_no_new_userns(const sb_config *cfg, uint64_t half, struct sbi_compiled *c);
void sbi_compile_securebits(const sb_config *cfg, struct sbi_compiled *c);
void sbi_compile_core_sched(const sb_config *cfg, struct sbi_compiled *c);
void sbi_compile_landlock(const sb_config *cfg, struct sbi_compiled *c);
/* What Landlock refuses because it was asked to: SBI_LL_*. */
uint64_t sbi_landlock_handled(const sb_config *cfg);
/* SB_APPLIED_* of these, if nothing is left out. */
uint64_t sbi_applied_confine(const sb_config *cfg, int what, const struct sbi_compiled *c);
/* compile_watch.c: what sb-init limits; rlimits behind it. */
void sbi_compile_watch(const sb_config *cfg, struct sbi_compiled *c, struct sbi_watch *watch);
/* Is there a limit that no cgroup may keep? */
int sbi_may_sample(const sb_config *cfg, const struct sbi_compiled *c);
void sbi_compile_second_line(const sb_config *cfg, struct sbi_compiled *c);
/* compile_determinism.c: of the command; what the random files of a /dev are made of. */
void sbi_compile_determinism(const sb_config *cfg, struct sbi_compiled *c);
void sbi_compile_seed(const sb_config *cfg, struct sbi_op *dev, struct sbi_compiled *c);
/* compile_seccomp.c: the filter program goes into the plan. */
/**
 * sbi_is_warm - may a process that has the filter already go through the command section? In
 * compile_seccomp.c.
 */
int sbi_is_warm(const struct sbi_compiled *c);
void sbi_compile_seccomp(const sb_config *cfg, struct sbi_compiled *c);
void sbi_compile_command(const sb_config *cfg, const struct sbi_view *view, const struct sbi_boxed *box,
			 struct sbi_compiled *c);

/** sbi_escape - a name of the host for one line of text: "a\\x0ab". */
void sbi_escape(const char *word, char *buf, size_t len);
/** sbi_describe - one operation as text: "bind /usr on /usr (ro, recursive)". */
void sbi_describe(const struct sbi_plan *plan, const struct sbi_op *op, char *buf, size_t len);
/* One line of a dump. */
typedef void sbi_dump_line(void *arg, const char *what);
/**
 * sbi_dump_net_first, sbi_dump_net_second - what the host does for the network before the clone,
 * and after it.
 */
void sbi_dump_net_first(const sb_config *cfg, sbi_dump_line *line, void *arg);
void sbi_dump_net_second(const sb_config *cfg, sbi_dump_line *line, void *arg);
/** sbi_dump - a compiled plan as text, one line an operation; the length, as snprintf(3). */
size_t sbi_dump(const sb_config *cfg, const struct sbi_compiled *c, char *buf, size_t len);

static inline int sbi_has_new_cgroupns(const sb_config *cfg)
{
	return (cfg->ns & SB_NS_CGROUP) && cfg->ns_fd[6] < 0;
}

static inline const struct sbi_op *sbi_ops(const struct sbi_plan *plan, const struct sbi_section *section)
{
	return (const struct sbi_op *)((const char *)plan + section->ops);
}

static inline const char *sbi_text(const struct sbi_plan *plan, uint32_t offset)
{
	return offset ? (const char *)plan + offset : "";
}

#endif
