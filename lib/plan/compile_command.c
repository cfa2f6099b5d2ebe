/* SPDX-License-Identifier: MIT */
/* The command's part of a plan, in the order its process goes through it. */
#include "plan_internal.h"

#include <sandbox/proc.h>
#include <string.h>
#include <sys/resource.h>

/* Room for @count + 1 pointers, then the strings: sb-init fills the pointers in. */
static uint32_t vector(struct sbi_compiled *c, char **list, uint32_t *count)
{
	uint32_t at, n = 0;

	while (list && list[n])
		n++;
	at = sbi_arena_add(&c->arena, NULL, (n + 1) * sizeof(uint64_t));
	for (uint32_t i = 0; i < n; i++)
		sbi_arena_text(&c->arena, list[i]);
	*count = n;
	return at;
}

static void compile_rlimits(const sb_config *cfg, struct sbi_compiled *c)
{
	int core = 0;

	for (uint32_t i = 0; i <= cfg->rlimit_count; i++) {
		struct sbi_rlimit limit = { RLIMIT_CORE, 1, 1 };
		struct sbi_op *op;

		if (i < cfg->rlimit_count)
			limit = cfg->rlimits[i];
		else if (core)
			break;
		core |= limit.resource == RLIMIT_CORE;
		op = sbi_emit(c, 1, SB_STEP_RLIMIT, i);
		op->id[0] = (uint32_t)limit.resource;
		op->arg[0] = limit.soft;
		op->arg[1] = limit.hard;
		op->arg[2] = i == cfg->rlimit_count ? SBI_RLIMIT_DEFAULT : 0;
	}
}

/* What the slot of a descriptor is filled with; 0 for a duplicate of one of 0 to 2 that are not set. */
static int source(const sb_config *cfg, const struct sbi_stream *stream, int *slot)
{
	int fd;

	stream = sbi_stream_origin(cfg, stream, &fd);
	if (!stream)
		return 0;
	switch (stream->kind) {
	case SBI_STREAM_DATA:
	case SBI_STREAM_CAPTURE:
	case SBI_STREAM_COPY:
		*slot = SBI_SLOT_STREAM - (int)(stream - cfg->fds);
		break;
	case SBI_STREAM_PATH:
		*slot = SBI_SLOT_NULL;
		break;
	default:
		*slot = stream->host_fd;
	}
	return 1;
}

/* FD: id[0] target, count slot. Duplicates share a slot. */
static void compile_fds(const sb_config *cfg, struct sbi_compiled *c)
{
	uint32_t at = 0;

	for (int fd = 0; fd < 3 || at < cfg->fd_count;) {
		struct sbi_op *op;
		int slot = SBI_SLOT_NULL, given = at < cfg->fd_count && (fd >= 3 || cfg->fds[at].fd == fd);

		if (given) {
			fd = cfg->fds[at].fd;
			given = source(cfg, &cfg->fds[at++], &slot);
		}
		if (given || !cfg->tty) {
			op = sbi_emit(c, 1, SB_STEP_FD, (uint32_t)fd);
			op->id[0] = (uint32_t)fd;
			op->count = sbi_slot(c, slot);
			if (fd < 3)
				c->stdio[fd] = op->count + 1;
		}
		fd++;
	}
}

/* A number that is a file inside, or a duplicate of one. */
static void compile_path(const sb_config *cfg, const struct sbi_stream *stream, int duplicates,
			 struct sbi_compiled *c)
{
	int fd;
	const struct sbi_stream *origin = sbi_stream_origin(cfg, stream, &fd);
	struct sbi_op *op;

	if (!origin || origin->kind != SBI_STREAM_PATH || (stream != origin) != duplicates)
		return;
	op = sbi_emit(c, 1, SB_STEP_OPEN, (uint32_t)stream->fd);
	op->id[0] = (uint32_t)stream->fd;
	op->id[1] = (uint32_t)(duplicates ? fd : origin->open_flags);
	op->id[2] = origin->mode;
	if (!duplicates)
		op->text[0] = sbi_arena_text(&c->arena, origin->path);
	c->opens = 1;
}

/* With nothing but the command's own rights; the numbers have been kept free for them by /dev/null. */
static void compile_paths(const sb_config *cfg, struct sbi_compiled *c)
{
	for (int duplicates = 0; duplicates < 2; duplicates++)
		for (uint32_t i = 0; i < cfg->fd_count; i++)
			compile_path(cfg, &cfg->fds[i], duplicates, c);
}

static void compile_identity(const sb_config *cfg, const struct sbi_boxed *box, struct sbi_compiled *c)
{
	struct sbi_op *op = sbi_emit(c, 1, SB_STEP_BOUNDING, 0);

	op->arg[0] = cfg->keep_caps;
	op->arg[1] = box ? ~box->caps : 0;
	if (c->late_sync) {
		op = sbi_emit(c, 1, SB_STEP_SYNC, 0);
		op->arg[0] = c->late_sync;
		op->arg[1] = SBI_SYNC_WAIT;
	}
	if (c->id.set_groups) {
		op = sbi_emit(c, 1, SB_STEP_GROUPS, 0);
		op->count = cfg->group_count;
		op->text[2] = sbi_arena_add(&c->arena, cfg->groups, cfg->group_count * sizeof(*cfg->groups));
	}
	op = sbi_emit(c, 1, SB_STEP_USER, 0);
	op->id[0] = c->id.uid;
	op->id[1] = c->id.gid;
	op->arg[0] = !c->id.fresh;
}

static void compile_caps(const sb_config *cfg, struct sbi_compiled *c)
{
	struct sbi_op *op;

	sbi_compile_securebits(cfg, c);
	op = sbi_emit(c, 1, SB_STEP_CAPS, 0);
	op->arg[0] = cfg->keep_caps;
	op->arg[1] = (uint64_t)!cfg->ambient;
}

void sbi_compile_command(const sb_config *cfg, const struct sbi_view *view, const struct sbi_boxed *box,
			 struct sbi_compiled *c)
{
	int new_cgroupns = box ? box->new_cgroupns : sbi_has_new_cgroupns(cfg);
	struct sbi_op *op;

	/* rooted at the cgroup its creator is in: that is the leaf, from birth on */
	if (new_cgroupns && c->has_leaf)
		sbi_emit(c, 1, SB_STEP_CGROUPNS, 0);
	if (cfg->session)
		sbi_emit(c, 1, SB_STEP_SESSION, 0);
	compile_rlimits(cfg, c);
	sbi_compile_second_line(cfg, c);
	if (cfg->nice_set && !(cfg->nice < 0 && view && sbi_identity_enters_late(&c->id, view)))
		sbi_emit(c, 1, SB_STEP_NICE, 0)->arg[0] = (uint64_t)(int64_t)cfg->nice;
	sbi_emit(c, 1, SB_STEP_UMASK, 0)->arg[0] = cfg->umask;
	compile_identity(cfg, box, c);
	sbi_emit(c, 1, SB_STEP_KEYRING, 0)->flags = cfg->optional & SB_APPLIED_KEYRING ? SBI_OP_LAYER : 0;
	if (cfg->tty) {
		op = sbi_emit(c, 1, SB_STEP_TTY, 0);
		op->id[0] = cfg->tty_rows;
		op->id[1] = cfg->tty_columns;
	}
	compile_fds(cfg, c);
	op = sbi_emit(c, 1, SB_STEP_CWD, 0);
	op->text[0] = sbi_arena_text(&c->arena, cfg->cwd ? cfg->cwd : "/");
	sbi_compile_core_sched(cfg, c);
	sbi_compile_determinism(cfg, c);
	sbi_emit(c, 1, SB_STEP_CLOSE, 0);
	if (cfg->no_new_privs) {
		compile_caps(cfg, c);
		sbi_emit(c, 1, SB_STEP_NO_NEW_PRIVS, 0);
		sbi_compile_landlock(cfg, c);
		sbi_compile_seccomp(cfg, c);
	} else { /* without it both need CAP_SYS_ADMIN (seccomp(2), landlock_restrict_self(2)) */
		sbi_compile_landlock(cfg, c);
		sbi_compile_seccomp(cfg, c);
		compile_caps(cfg, c);
	}
	compile_paths(cfg, c);
	op = sbi_emit(c, 1, SB_STEP_EXEC, 0);
	op->text[0] = sbi_arena_text(&c->arena, cfg->path);
	op->text[2] = vector(c, cfg->argv, &op->count);
	op->text[3] = vector(c, cfg->env, &op->id[0]);
	op->arg[0] = !strchr(cfg->path, '/');
}
