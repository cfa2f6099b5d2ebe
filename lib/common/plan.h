/* SPDX-License-Identifier: MIT */
/*
 * The plan: one blob without pointers that says what sb-init has to do. The
 * host writes it once; sb-init maps it and walks through its operations. The
 * only parts that are written to afterwards are the marks (what was done, when,
 * and how it went) and the room for the pointers of argv and envp.
 */
#ifndef SBI_PLAN_H
#define SBI_PLAN_H

#include <stdint.h>

#define SBI_PLAN_MAGIC UINT32_C(0x31706273) /* "sbp1" */

/*
 * Descriptors of sb-init: but for the control socket they arrive over it in this order. 0 to 2 are
 * those of a single command (SBI_PLAN_STDIO), so that they need not be moved, or the program, so
 * that nothing else gets these numbers.
 */
#define SBI_FD_CONTROL 3
#define SBI_FD_HOST 4  /* pidfd of the host process */
#define SBI_FD_PLAN 5
#define SBI_FD_INIT 6  /* the program itself */
#define SBI_FD_FIRST 7 /* slot 0 of the plan's own descriptors */

#define SBI_ENDING_NAME "sb-end" /* of sb-init, once it kills all that is left */

#define SBI_MAX_OPS 1024   /* per section */
#define SBI_MAX_SLOTS 200  /* SCM_MAX_FD is 253 */
#define SBI_MAX_PASSED (SBI_MAX_SLOTS + 6)

/* sbi_plan.flags */
#define SBI_PLAN_SINGLE UINT32_C(1)  /* the sandbox ends with its command */
#define SBI_PLAN_PIDNS UINT32_C(2)   /* sb-init is process 1 of a pid namespace */
#define SBI_PLAN_COMMAND UINT32_C(4) /* there is a command section */
#define SBI_PLAN_FOREGROUND UINT32_C(8) /* stay in the host's process group: the command shares its session */

#define SBI_PLAN_OPENS UINT32_C(16) /* the command section has OPEN operations */
#define SBI_PLAN_WARM UINT32_C(32) /* its filter lets all of the section pass: it may be there before */
#define SBI_PLAN_STDIO UINT32_C(128) /* 0 to 2 are the command's from the beginning */
#define SBI_PLAN_TIMED UINT32_C(64) /* somebody will read the times of the marks: a trace */

/* sbi_op.flags */
#define SBI_OP_OPTIONAL UINT16_C(1) /* ENOENT leaves the operation out */
#define SBI_OP_LAYER UINT16_C(2)    /* so does a kernel that cannot, or refuses: sb_set_optional() */

/* What a SYNC operation wants from the host (sbi_op.arg[0]). */
#define SBI_SYNC_IDMAP UINT64_C(1)
#define SBI_SYNC_PIN UINT64_C(2)
#define SBI_SYNC_NET UINT64_C(4)

/* The halves of a SYNC (sbi_op.arg[1]): between them the host works beside us. */
#define SBI_SYNC_ASK UINT64_C(1)
#define SBI_SYNC_WAIT UINT64_C(2)

/* The halves of NO_NEW_USERNS (sbi_op.arg[0]): the namespace may be entered between them. */
#define SBI_NOUSERNS_FIND UINT64_C(1)
#define SBI_NOUSERNS_SET UINT64_C(2)

/* Kinds of RLIMIT (sbi_op.arg[2]); 0: set it. */
#define SBI_RLIMIT_DEFAULT 1 /* but give way to a lower hard limit */
#define SBI_RLIMIT_RAISE 2   /* raise the hard limit if it is lower, leave the soft one */
/* as DEFAULT, unless there is a pids controller: who is refused by that is told of */
#define SBI_RLIMIT_PIDS 3

/* sbi_op.arg[1] of SECCOMP. */
#define SBI_SECCOMP_NOTIFY UINT64_C(1)     /* the listener goes to the host */
/* it is sb-init's, unless it goes to the host: kill and log lines */
#define SBI_SECCOMP_TELL UINT64_C(2)
#define SBI_SECCOMP_PRIVILEGED UINT64_C(4) /* without no_new_privs: CAP_SYS_ADMIN is needed */

/* Kinds of root (sbi_op.id[0] of ROOT). */
enum sbi_root { SBI_ROOT_TMPFS, SBI_ROOT_DIRECTORY, SBI_ROOT_KEEP, SBI_ROOT_OVERLAY };

/*
 * One operation. The meaning of the fields by step is in lib/plan/describe.c
 * (as text) and beside each function in lib/init that carries it out. text[]
 * are offsets into the blob, 0 = none.
 */
struct sbi_op {
	uint16_t step;  /* enum sb_step */
	uint16_t flags; /* SBI_OP_* */
	uint32_t index; /* the caller's number for it: which mount, which descriptor… */
	uint32_t text[4];
	uint32_t id[3];
	uint32_t count;
	uint64_t arg[3];
};

#define SBI_MARK_SKIPPED UINT16_C(1)

/*
 * What became of one operation. start_ns == 0: not begun; end_ns == 0: not finished. If not TIMED
 * they are 0 or 1.
 */
struct sbi_mark {
	uint16_t step;
	uint16_t flags;
	int32_t error;
	uint32_t index;
	uint32_t reserved;
	uint64_t start_ns;
	uint64_t end_ns;
};

struct sbi_section {
	uint32_t ops;   /* offset of struct sbi_op[count] */
	uint32_t marks; /* offset of struct sbi_mark[count] */
	uint32_t count;
};

/* Up to how much of something is nothing said, no verdict given, nobody killed. UINT64_MAX: never. */
struct sbi_bound {
	uint64_t soft, over, kill;
};

/* sbi_watch.flags */
#define SBI_WATCH_CPU UINT32_C(1)
#define SBI_WATCH_WALL UINT32_C(2)
#define SBI_WATCH_MEMORY UINT32_C(4) /* by sampling: there is no controller for it */
#define SBI_WATCH_PIDS UINT32_C(8)

/* The limits that sb-init keeps. */
struct sbi_watch {
	uint32_t flags; /* 0 = none of it */
	uint32_t cpus;  /* that there are: how fast cpu time can pass */
	struct sbi_bound cpu, wall; /* ns */
	struct sbi_bound memory;    /* bytes */
	uint32_t cpu_signal, wall_signal; /* with @soft; 0 = none */
	uint32_t cpu_stat, pids_events, kill; /* slots of these files of the leaf, plus 1; 0 = none */
	uint32_t reserved;
};

struct sbi_plan {
	uint32_t magic;
	uint32_t size; /* of the whole blob */
	uint32_t flags;
	uint32_t slots; /* descriptors that come with it */
	struct sbi_section setup;
	struct sbi_section command;
	uint32_t leaf; /* slot of the cgroup the command is born in, plus 1; 0 = sb-init's own */
	uint32_t reserved;
	struct sbi_watch watch;
	uint64_t init_ns; /* mark, if TIMED: sb-init knows its plan */
};

#endif
