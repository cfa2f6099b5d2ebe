/* SPDX-License-Identifier: MIT */
/* The file system part of a plan: root, mounts in the caller's order, pivot. */
#include "plan_internal.h"

#include <limits.h>
#include <string.h>

void sbi_target_path(const char *path, char *out)
{
	size_t len = 0;

	while (*path) {
		size_t part = strcspn(path, "/");

		if (part && !(part == 1 && path[0] == '.')) {
			if (len)
				out[len++] = '/';
			memcpy(out + len, path, part);
			len += part;
		}
		path += part;
		path += strspn(path, "/");
	}
	out[len] = '\0';
}

static uint32_t target_text(struct sbi_compiled *c, const char *path)
{
	char out[PATH_MAX];

	sbi_target_path(path, out);
	return sbi_arena_text(&c->arena, out);
}

/* Strings one after another; their number goes into @count. */
static uint32_t list_text(struct sbi_compiled *c, char **list, uint32_t *count)
{
	uint32_t first = 0;

	for (*count = 0; list[*count]; (*count)++) {
		uint32_t at = sbi_arena_text(&c->arena, list[*count]);

		if (*count == 0)
			first = at;
	}
	return first;
}

/* ROOT: id[0] kind, text[0] directory or upper, text[2] lower list of count, text[3] work, arg[0] flags. */
static void compile_root(const sb_config *cfg, struct sbi_compiled *c)
{
	struct sbi_op *op = sbi_emit(c, 0, SB_STEP_ROOT, 0);
	char *only[2] = { cfg->rootfs, NULL };
	uint64_t flags = cfg->rootfs_flags;

	op->id[1] = c->id.owner_uid;
	op->id[2] = c->id.owner_gid;
	if (cfg->root_lower || (flags & SB_ROOT_OVERLAY && cfg->rootfs)) {
		op->id[0] = SBI_ROOT_OVERLAY;
		op->text[2] = list_text(c, cfg->root_lower ? cfg->root_lower : only, &op->count);
		if (cfg->root_lower) {
			op->text[0] = sbi_arena_text(&c->arena, cfg->root_upper);
			op->text[3] = sbi_arena_text(&c->arena, cfg->root_work);
		}
		op->arg[1] = c->id.userns == SBI_USERNS_CLONE;
	} else if (cfg->rootfs) {
		op->id[0] = strcmp(cfg->rootfs, "/") || (flags & SB_MOUNT_IDMAP) ? SBI_ROOT_DIRECTORY
										 : SBI_ROOT_KEEP;
		op->text[0] = sbi_arena_text(&c->arena, cfg->rootfs);
		if (flags & SB_MOUNT_IDMAP)
			op->count = sbi_slot(c, SBI_SLOT_USERNS);
		flags |= SB_MOUNT_RECURSIVE;
	} else {
		op->id[0] = SBI_ROOT_TMPFS;
		op->arg[1] = cfg->root_writable;
	}
	op->arg[0] = flags;
}

static void compile_mount(const sb_config *cfg, struct sbi_compiled *c, uint32_t index)
{
	const struct sbi_mount *m = &cfg->mounts[index];
	struct sbi_op *op = sbi_emit(c, 0, m->step, index);
	uint32_t count = 0;

	op->text[0] = sbi_arena_text(&c->arena, m->source);
	op->text[1] = target_text(c, m->target);
	if (m->list)
		op->text[2] = list_text(c, m->list, &count);
	else if (m->data)
		op->text[2] = sbi_arena_add(&c->arena, m->data, m->len);
	op->text[3] = sbi_arena_text(&c->arena, m->work);
	op->count = count;
	op->id[0] = c->id.owner_uid;
	op->id[1] = c->id.owner_gid;
	op->id[2] = m->step == SB_STEP_BIND ? m->type : m->mode;
	op->arg[0] = m->flags;
	op->arg[1] = m->step == SB_STEP_FILE ? m->len : m->bytes;
	op->arg[2] = m->inodes;
	if (m->step == SB_STEP_BIND && (m->flags & SB_MOUNT_IDMAP))
		op->count = sbi_slot(c, SBI_SLOT_USERNS);
	if (m->step == SB_STEP_BIND && (m->flags & SB_MOUNT_OPTIONAL))
		op->flags |= SBI_OP_OPTIONAL;
	if (m->step == SB_STEP_CGROUPFS)
		op->count = sbi_slot(c, SBI_SLOT_LEAF);
	if (m->step == SB_STEP_DEV)
		sbi_compile_seed(cfg, op, c);
	if (m->step == SB_STEP_MASK)
		op->flags |= SBI_OP_OPTIONAL;
	if (m->step == SB_STEP_OVERLAY)
		op->arg[1] = c->id.userns == SBI_USERNS_CLONE;
	if (m->step == SB_STEP_PROC)
		op->arg[1] = !((cfg->ns & SB_NS_PID) && cfg->ns_fd[1] < 0);
}

void sbi_compile_fs(const sb_config *cfg, struct sbi_compiled *c)
{
	int keep = cfg->rootfs && !cfg->root_lower && !strcmp(cfg->rootfs, "/") &&
		   !(cfg->rootfs_flags & (SB_MOUNT_IDMAP | SB_ROOT_OVERLAY));

	sbi_emit(c, 0, SB_STEP_PRIVATE, 0);
	compile_root(cfg, c);
	for (uint32_t i = 0; i < cfg->mount_count; i++)
		compile_mount(cfg, c, i);
	sbi_compile_names(cfg, c);
	if (!keep)
		sbi_emit(c, 0, SB_STEP_PIVOT, 0)->arg[0] =
			!cfg->rootfs && !cfg->root_lower && !cfg->root_writable;
}
