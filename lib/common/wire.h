/* SPDX-License-Identifier: MIT */
/*
 * What host and sb-init say to each other: one fixed-size record a message on a
 * SOCK_SEQPACKET pair, no strings. After STARTED the records come from next to
 * hostile code: sbi_record_valid() first, and the kernel's word before theirs.
 */
#ifndef SBI_WIRE_H
#define SBI_WIRE_H

#include <stdint.h>

#define SBI_RECORD_MAGIC UINT32_C(0x34726273) /* "sbr4" */

enum sbi_record_type {
	/* host to sb-init */
	SBI_HELLO = 1, /* with descriptors: 0 to 2, pidfd of the host, plan, program, slots */
	SBI_GO,        /* the host has done its part of a SYNC */
	SBI_SPAWN,     /* with descriptors: channel, plan, slots */
	/* sb-init to host */
	SBI_SYNC,    /* at = operation of the setup section */
	SBI_READY,   /* set up, no command yet */
	SBI_TTY,     /* with a descriptor: the master side */
	SBI_STARTED, /* with a descriptor: pidfd of the command */
	SBI_FAILED,  /* lane, at, error, detail */
	/*
	 * with a descriptor: a netlink socket of the new network namespace, at = its protocol, or
	 * SBI_ORPHANS
	 */
	SBI_NETSOCK,
	SBI_LISTENER, /* with a descriptor: of the command's filter */
	SBI_DENIED,  /* before ENDED: at = system call, detail = SBI_TELL_*, count, args */
	SBI_SOFT,    /* at = SB_LIMIT_*: its soft limit was passed */
	SBI_ENDED,   /* at = enum sbi_cause, detail = CLD_* and SBI_ENDED_NOTED, status, figures */
	/* files of an open box (common/files.h) */
	SBI_FILE,  /* host to sb-init */
	SBI_FILED, /* its answer: error, detail, and what the call gives; maybe a descriptor */
	/*
	 * host to sb-init: as SPAWN without the plan; it is the last one, which was SBI_PLAN_WARM
	 * and has started
	 */
	SBI_AGAIN,
	SBI_RECORD_TYPES
};

/* sbi_record.detail of FAILED: what sb-init found out beyond the errno. */
enum sbi_detail {
	SBI_DETAIL_NONE,
	SBI_DETAIL_INTERPRETER,     /* exec: the file is there, its interpreter is not */
	SBI_DETAIL_NOEXEC_MOUNT,    /* exec: on a noexec mount */
	SBI_DETAIL_NOT_EXECUTABLE,  /* exec: no x bit, or not a regular file */
	SBI_DETAIL_TARGET_MISSING,  /* mount: the target is not there and may not be made */
	SBI_DETAIL_SOURCE_MISSING,  /* mount: the source is not there */
	SBI_DETAIL_TARGET_ROOT,     /* mount: the target is the root itself, maybe by a link */
	SBI_DETAIL_TARGET_KIND,     /* bind: of source and target one is a directory, the other is not */
	SBI_DETAIL_TARGET_LINK,     /* mount: a symbolic link stands in the way */
	SBI_DETAIL_SUBMOUNTS,       /* bind: locked mounts below the source need RECURSIVE */
	SBI_DETAIL_PROC_COVERED,    /* proc: the host's own is partly covered */
	SBI_DETAIL_CLONE,           /* the command's process could not be made */
	SBI_DETAIL_KILLED,          /* the command's process was killed on its way to the exec */
	SBI_DETAIL_FULL,            /* no room for another command, or another listener */
	SBI_DETAIL_LISTENER,        /* seccomp: a filter around us has a listener already */
	/* landlock: the kernel's ABI, in status, lacks a right that is not optional */
	SBI_DETAIL_LANDLOCK_ABI,
	SBI_DETAIL_KERNELS,         /* files: it lies in /proc or the like */
	SBI_DETAIL_LEASE,           /* files: somebody holds a lease of it (fcntl(2)) */
};

struct sbi_record {
	uint32_t magic;
	uint16_t type;
	uint16_t lane;
	uint32_t at;
	int32_t error;
	uint32_t detail;
	int32_t status;
	uint32_t skipped;
	uint32_t reserved;
	union {
		struct {
			uint64_t time_ns; /* STARTED: when (host's monotonic clock); ENDED: wall time */
			uint64_t user_ns;
			/* STARTED: cpu time that the command's process used before its exec */
			uint64_t system_ns;
			uint64_t max_rss;
			uint64_t cause_ns; /* ENDED: when @at came about, on the host's monotonic clock */
			uint64_t minor_faults, major_faults, voluntary, involuntary;
		};
		struct { /* DENIED */
			uint64_t count, args[6];
		};
	};
};

_Static_assert(sizeof(struct sbi_record) == 104, "the record is 104 bytes on every architecture");

/* ENDED.detail: @at came about within a grace, and sb-init killed nobody then. */
#define SBI_ENDED_NOTED UINT32_C(0x100)

/* ENDED.at: what sb-init ended it for. */
enum sbi_cause {
	SBI_CAUSE_NONE,
	SBI_CAUSE_FILTERED,
	SBI_CAUSE_CPU,
	SBI_CAUSE_WALL,
	SBI_CAUSE_MEMORY,
	SBI_CAUSE_PIDS,
	SBI_CAUSE_NOT_STARTED, /* FAILED has said why */
	SBI_CAUSES
};

/* NETSOCK.at: /proc/sys/net/ipv4/tcp_orphan_retries of that namespace, to be written */
#define SBI_ORPHANS 255
#define SBI_MAX_DENIED 64    /* DENIED records of one command */
/* STARTED.detail, bits */
#define SBI_STARTED_TOLD 1    /* kill and log lines are told of */
#define SBI_STARTED_OPENING 2 /* it is still opening a file: FAILED may follow */

static inline int sbi_record_valid(const struct sbi_record *rec, long size)
{
	return size == (long)sizeof(*rec) && rec->magic == SBI_RECORD_MAGIC && rec->type > 0 &&
	       rec->type < SBI_RECORD_TYPES && rec->reserved == 0;
}

#endif
