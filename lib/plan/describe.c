/* SPDX-License-Identifier: MIT */
/* A plan's operations in words: for error messages, traces, dry runs and golden tests. */
#include "plan_internal.h"

#include "config/landlock.h"

#include <cap-ng.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *buf;
	size_t len, used;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->used < t->len ? t->buf + t->used : NULL, t->used < t->len ? t->len - t->used : 0,
		      format, args);
	va_end(args);
	if (n > 0)
		t->used += (size_t)n;
}

static const char *kind_name(uint32_t clone_flag)
{
	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (sbi_ns_clone(i) == clone_flag)
			return sbi_ns_name(i);
	return "unknown";
}

/* The value only, and no longer than a line: argv and file names may hold anything. */
static void put_word(struct text *t, const char *word)
{
	for (const char *p = word; *p && p - word < 120; p++)
		put(t, (unsigned char)*p < 0x20 || *p == 0x7f ? "\\x%02x" : "%c", (unsigned char)*p);
}

void sbi_escape(const char *word, char *buf, size_t len)
{
	struct text t = { buf, len, 0 };

	buf[0] = '\0';
	put_word(&t, word);
}

static void put_flags(struct text *t, uint64_t flags)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{ SB_MOUNT_RO, "ro" },           { SB_MOUNT_NOEXEC, "noexec" },
		{ SB_MOUNT_DEV, "dev" },         { SB_MOUNT_SUID, "suid" },
		{ SB_MOUNT_RECURSIVE, "recursive" }, { SB_MOUNT_OPTIONAL, "optional" },
		{ SB_MOUNT_IDMAP, "idmap" },
	};
	const char *separator = " (";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		put(t, "%s%s", separator, names[i].name);
		separator = ", ";
	}
	if (separator[0] == ',')
		put(t, ")");
}

static void put_list(struct text *t, const struct sbi_plan *plan, uint32_t offset, uint32_t count)
{
	const char *item = sbi_text(plan, offset);

	for (uint32_t i = 0; i < count; i++, item += strlen(item) + 1) {
		put(t, i ? ":" : "");
		put_word(t, item);
	}
}

static void put_limit(struct text *t, uint64_t value)
{
	if (value == UINT64_MAX)
		put(t, " unlimited");
	else
		put(t, " %" PRIu64, value);
}

static void put_caps(struct text *t, uint64_t keep)
{
	if (keep >> 63) {
		const char *but = " but";

		put(t, " keep all");
		for (unsigned cap = 0; cap < 63; cap++) {
			const char *name = keep & (UINT64_C(1) << cap) ? NULL : capng_capability_to_name(cap);

			put(t, "%s%s%s", name ? but : "", name ? " " : "", name ? name : "");
			but = name ? "" : but;
		}
		return;
	}
	put(t, keep ? " keep" : " keep none");
	for (unsigned cap = 0; cap < 64; cap++) {
		const char *name = keep & (UINT64_C(1) << cap) ? capng_capability_to_name(cap) : NULL;

		if (keep & (UINT64_C(1) << cap))
			put(t, " %s", name ? name : "?");
	}
}

static void put_landlock(struct text *t, const struct sbi_plan *plan, const struct sbi_op *op)
{
	char rights[120];

	sbi_landlock_words(op->arg[0], " ", rights, sizeof(rights));
	switch (op->id[0]) {
	case SBI_LANDLOCK_CREATE:
		put(t, " refuse%s", rights);
		sbi_landlock_words(op->arg[1], " ", rights, sizeof(rights));
		put(t, "%s%s", rights[0] ? ", optional" : "", rights);
		break;
	case SBI_LANDLOCK_PATH:
		put(t, " allow ");
		put_word(t, sbi_text(plan, op->text[0]));
		put(t, "%s", rights);
		break;
	case SBI_LANDLOCK_PORT:
		put(t, " allow port %u%s", op->id[1], rights);
		break;
	default:
		put(t, " enforce");
	}
}

static void put_overlay(struct text *t, const struct sbi_plan *plan, const struct sbi_op *op)
{
	put(t, " of ");
	put_list(t, plan, op->text[2], op->count);
	if (op->text[0]) {
		put(t, ", upper ");
		put_word(t, sbi_text(plan, op->text[0]));
	} else {
		put(t, ", upper in memory");
	}
}

static void put_root(struct text *t, const struct sbi_plan *plan, const struct sbi_op *op)
{
	switch (op->id[0]) {
	case SBI_ROOT_TMPFS:
		put(t, " empty tmpfs");
		break;
	case SBI_ROOT_OVERLAY:
		put(t, " overlay");
		put_overlay(t, plan, op);
		break;
	default:
		put(t, op->id[0] == SBI_ROOT_KEEP ? " kept in place: " : " ");
		put_word(t, sbi_text(plan, op->text[0]));
		put_flags(t, op->arg[0]);
	}
}

/* What is mounted or made at text[1]. */
static void put_mount(struct text *t, const struct sbi_plan *plan, const struct sbi_op *op)
{
	put(t, " ");
	if (op->step == SB_STEP_BIND || op->step == SB_STEP_SYMLINK) {
		put_word(t, sbi_text(plan, op->text[0]));
		put(t, op->step == SB_STEP_BIND ? " on " : " at ");
	}
	put(t, "/");
	put_word(t, sbi_text(plan, op->text[1]));
	switch (op->step) {
	case SB_STEP_BIND:
		put_flags(t, op->arg[0]);
		break;
	case SB_STEP_OVERLAY:
		put_overlay(t, plan, op);
		break;
	case SB_STEP_TMPFS:
		put(t, " mode 0%o", op->id[2]);
		if (op->arg[1])
			put(t, " size %" PRIu64, op->arg[1]);
		if (op->arg[2])
			put(t, " inodes %" PRIu64, op->arg[2]);
		break;
	case SB_STEP_PROC:
		put(t, op->arg[1] ? " of the host" : "");
		put(t, "%s%s%s", op->arg[0] & SB_PROC_SUBSET_PID ? " subset=pid" : "",
		    op->arg[0] & SB_PROC_HIDEPID ? " hidepid=invisible" : "",
		    op->arg[0] & SB_PROC_WRITABLE ? " writable" : "");
		break;
	case SB_STEP_DEV:
		put(t, op->arg[1] ? " random from a seed" : "");
		break;
	case SB_STEP_CGROUPFS:
		put(t, op->arg[0] & SB_MOUNT_RO ? " (ro)" : " delegated");
		break;
	case SB_STEP_DIR:
	case SB_STEP_FILE:
		put(t, " mode 0%o", op->id[2]);
		if (op->step == SB_STEP_FILE)
			put(t, " %" PRIu64 " bytes", op->arg[1]);
		break;
	default:
		break;
	}
}

static const char *const rlimit_names[] = { "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile",
					    "memlock", "as", "locks", "sigpending", "msgqueue", "nice",
					    "rtprio", "rttime" };

static void put_sync(struct text *t, uint64_t what, uint64_t halves)
{
	put(t, "%s", halves == SBI_SYNC_ASK ? " ask for" : halves == SBI_SYNC_WAIT ? " wait for" : "");
	put(t, "%s%s", what & SBI_SYNC_IDMAP ? " idmap" : "", what & SBI_SYNC_PIN ? " pin" : "");
	put(t, "%s", what & SBI_SYNC_NET ? " network" : "");
}

static void put_cpus(struct text *t, const uint8_t *mask, uint32_t bytes)
{
	const char *separator = " ";

	for (uint32_t cpu = 0, from; cpu < 8 * bytes; cpu++) {
		if (!(mask[cpu / 8] & 1 << cpu % 8))
			continue;
		for (from = cpu; cpu + 1 < 8 * bytes && (mask[(cpu + 1) / 8] & 1 << (cpu + 1) % 8); cpu++)
			;
		put(t, from < cpu ? "%s%u-%u" : "%s%u", separator, from, cpu);
		separator = ",";
	}
}

static void put_rlimit(struct text *t, const struct sbi_op *op)
{
	put(t, " %s", op->id[0] < 16 ? rlimit_names[op->id[0]] : "?");
	if (op->arg[2] == SBI_RLIMIT_RAISE)
		put(t, " hard limit up to");
	else
		put_limit(t, op->arg[0]);
	put_limit(t, op->arg[1]);
}

static void put_groups(struct text *t, const struct sbi_plan *plan, const struct sbi_op *op)
{
	const uint32_t *groups = (const uint32_t *)((const char *)plan + op->text[2]);

	put(t, op->count ? "" : " none");
	for (uint32_t i = 0; i < op->count; i++)
		put(t, " %u", groups[i]);
}

static void put_command(struct text *t, const struct sbi_plan *plan, const struct sbi_op *op)
{
	switch (op->step) {
	case SB_STEP_RLIMIT:
		put_rlimit(t, op);
		break;
	case SB_STEP_NICE:
		put(t, " %" PRId64, (int64_t)op->arg[0]);
		break;
	case SB_STEP_UMASK:
		put(t, " 0%03" PRIo64, op->arg[0]);
		break;
	case SB_STEP_BOUNDING:
	case SB_STEP_CAPS:
		put_caps(t, op->arg[0]);
		put(t, op->step == SB_STEP_CAPS && op->arg[0] && op->arg[1] ? ", not ambient" : "");
		break;
	case SB_STEP_SECUREBITS:
		put(t, " 0x%" PRIx64, op->arg[0]);
		break;
	case SB_STEP_GROUPS:
		put_groups(t, plan, op);
		break;
	case SB_STEP_USER:
		put(t, " %u:%u", op->id[0], op->id[1]);
		break;
	case SB_STEP_AFFINITY:
		put_cpus(t, (const uint8_t *)plan + op->text[2], op->count);
		break;
	case SB_STEP_PERSONALITY:
		put(t, " no random addresses");
		break;
	case SB_STEP_FD:
		put(t, " %u", op->id[0]);
		break;
	case SB_STEP_TTY:
		if (op->id[0])
			put(t, " %u rows %u columns", op->id[0], op->id[1]);
		break;
	case SB_STEP_OPEN:
		put(t, " %u is ", op->id[0]);
		if (op->text[0])
			put_word(t, sbi_text(plan, op->text[0]));
		else
			put(t, "%u", op->id[1]);
		break;
	case SB_STEP_CWD:
	case SB_STEP_EXEC:
		put(t, " ");
		put_word(t, sbi_text(plan, op->text[0]));
		break;
	default:
		break;
	}
}

void sbi_describe(const struct sbi_plan *plan, const struct sbi_op *op, char *buf, size_t len)
{
	struct text t = { buf, len, 0 };

	if (len)
		buf[0] = '\0';
	put(&t, "%s", sb_step_name(op->step));
	switch (op->step) {
	case SB_STEP_JOIN:
		put(&t, " %s namespace", kind_name(op->id[0]));
		break;
	case SB_STEP_SYNC:
		put_sync(&t, op->arg[0], op->arg[1]);
		break;
	case SB_STEP_NETSOCK:
		put(&t, op->index ? " of rules" : " of interfaces");
		break;
	case SB_STEP_NAME:
	case SB_STEP_HOSTNAME:
	case SB_STEP_DOMAINNAME:
		put(&t, " ");
		put_word(&t, sbi_text(plan, op->text[0]));
		break;
	case SB_STEP_TIMENS:
		put(&t, " monotonic %+" PRId64 " s, boottime %+" PRId64 " s", (int64_t)op->arg[0],
		    (int64_t)op->arg[1]);
		break;
	case SB_STEP_ROOT:
		put_root(&t, plan, op);
		break;
	case SB_STEP_SECCOMP:
		put(&t, " %s, %u instructions%s%s", sbi_text(plan, op->text[0]), op->count,
		    op->arg[1] & SBI_SECCOMP_TELL ? ", told of" : "",
		    op->arg[1] & SBI_SECCOMP_NOTIFY ? ", notify" : "");
		break;
	case SB_STEP_LANDLOCK:
		put_landlock(&t, plan, op);
		break;
	case SB_STEP_NO_NEW_USERNS:
		put(&t, op->arg[0] == SBI_NOUSERNS_FIND ? " find /proc" : "");
		break;
	case SB_STEP_PIVOT:
		put(&t, op->arg[0] ? " read-only" : "");
		break;
	default:
		if ((op->step >= SB_STEP_DIR && op->step <= SB_STEP_READONLY) || op->step == SB_STEP_CGROUPFS)
			put_mount(&t, plan, op);
		else
			put_command(&t, plan, op);
	}
}
