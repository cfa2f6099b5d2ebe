/* SPDX-License-Identifier: MIT */
/* A whole plan as text: the dry run, and what the golden tests compare. */
#include "plan_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <sandbox/limit.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

struct out {
	char *buf;
	size_t len, used;
};

static void line(struct out *o, const char *lane, const char *what)
{
	int n = snprintf(o->used < o->len ? o->buf + o->used : NULL, o->used < o->len ? o->len - o->used : 0,
			 "%-7s %s\n", lane, what);

	if (n > 0)
		o->used += (size_t)n;
}

static void host_line(void *arg, const char *what)
{
	line(arg, "host", what);
}

static void dump_clone(struct out *o, const struct sbi_compiled *c)
{
	char text[160] = "clone";

	for (int i = 0; i < SBI_NS_KINDS; i++)
		if (c->clone_flags & sbi_ns_clone(i)) {
			strcat(text, " ");
			strcat(text, sbi_ns_name(i));
		}
	line(o, "host", text);
}

static void dump_map(struct out *o, const char *what, const struct sbi_extents *map)
{
	char text[96];

	for (uint32_t i = 0; i < map->count; i++) {
		snprintf(text, sizeof(text), "idmap %s inside %u outside %u count %u", what,
			 map->list[i].inside, map->list[i].outside, map->list[i].count);
		line(o, "host", text);
	}
}

static void dump_section(struct out *o, const struct sbi_plan *plan, const struct sbi_section *section,
			 const char *lane)
{
	const struct sbi_op *ops = sbi_ops(plan, section);
	char text[512];

	for (uint32_t i = 0; i < section->count; i++) {
		sbi_describe(plan, &ops[i], text, sizeof(text));
		line(o, lane, text);
	}
}

static void dump_pins(struct out *o, const sb_config *cfg)
{
	char text[640], path[512];

	for (uint32_t i = 0; i < cfg->pin_count; i++) {
		sbi_escape(cfg->pins[i].path, path, sizeof(path));
		snprintf(text, sizeof(text), "pin %s namespace on %s",
			 sbi_ns_name(sbi_ns_number(cfg->pins[i].kind)), path);
		line(o, "host", text);
	}
}

/* Those of sandbox/limit.h that are written into the leaf. */
static void dump_kernel_limits(struct out *o, const sb_config *cfg)
{
	const struct sbi_limit *memory = &cfg->limits[SB_LIMIT_MEMORY], *pids = &cfg->limits[SB_LIMIT_PIDS];
	char text[96];

	if (memory->value != UINT64_MAX) {
		snprintf(text, sizeof(text), "limit memory.max = %" PRIu64, memory->value + memory->grace);
		line(o, "host", text);
		line(o, "host", "limit memory.swap.max = 0");
		line(o, "host", "limit memory.oom.group = 1");
	}
	if (pids->value != UINT64_MAX) {
		snprintf(text, sizeof(text), "limit pids.max = %" PRIu64, pids->value);
		line(o, "host", text);
	}
}

/* What sb-init keeps while the command runs. */
static void dump_bound(struct out *o, const char *what, const struct sbi_bound *bound)
{
	char text[160];
	int n = snprintf(text, sizeof(text), "watch %s", what);

	if (bound->soft != UINT64_MAX)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ", tell at %" PRIu64 " ns", bound->soft);
	if (bound->over != UINT64_MAX)
		snprintf(text + n, sizeof(text) - (size_t)n,
			 ", at most %" PRIu64 " ns, end after %" PRIu64 " ns", bound->over, bound->kill);
	line(o, "init", text);
}

static void dump_watch(struct out *o, const struct sbi_watch *watch)
{
	if (watch->flags & SBI_WATCH_CPU)
		dump_bound(o, watch->cpu_stat ? "cpu by cpu.stat" : "cpu by sampling", &watch->cpu);
	if (watch->flags & SBI_WATCH_WALL)
		dump_bound(o, "wall", &watch->wall);
	if (watch->flags & SBI_WATCH_PIDS)
		line(o, "init", "watch pids by pids.events");
}

/* What the host does before the clone; the numbers in it are the machine's business. */
static void dump_cgroup(struct out *o, const sb_config *cfg, const struct sbi_compiled *c)
{
	char text[640], parent[512];

	if (!c->has_leaf)
		return;
	sbi_escape(cfg->cgroup_parent ? cfg->cgroup_parent : "where there is a place", parent, sizeof(parent));
	snprintf(text, sizeof(text), "cgroup %s", parent);
	line(o, "host", text);
	if (!(((const struct sbi_plan *)c->arena.base)->flags & SBI_PLAN_COMMAND))
		return;
	line(o, "host", "leaf");
	for (uint32_t i = 0; i < cfg->cgroup_count; i++) {
		snprintf(text, sizeof(text), "limit %s = %s", cfg->cgroup[i].file, cfg->cgroup[i].text);
		line(o, "host", text);
	}
	if (sbi_forbids_swap(cfg))
		line(o, "host", "limit memory.swap.max = 0");
	dump_kernel_limits(o, cfg);
	if (cfg->device_filter) {
		snprintf(text, sizeof(text), "devices %u rules", cfg->device_count);
		line(o, "host", text);
	}
}

size_t sbi_dump(const sb_config *cfg, const struct sbi_compiled *c, char *buf, size_t len)
{
	const struct sbi_plan *plan = (const struct sbi_plan *)c->arena.base;
	struct out o = { buf, len, 0 };

	if (len)
		buf[0] = '\0';
	dump_cgroup(&o, cfg, c);
	if (plan->setup.count)
		sbi_dump_net_first(cfg, host_line, &o);
	dump_clone(&o, c);
	dump_map(&o, "user", &c->id.users);
	dump_map(&o, "group", &c->id.groups);
	dump_pins(&o, cfg);
	if (plan->setup.count)
		sbi_dump_net_second(cfg, host_line, &o);
	dump_section(&o, plan, &plan->setup, "init");
	dump_section(&o, plan, &plan->command, "command");
	dump_watch(&o, &plan->watch);
	return o.used;
}

static int compile_here(const sb_config *cfg, int what, struct sbi_compiled *c, sb_error *err)
{
	struct sbi_joined *joined = NULL;
	struct sbi_view view = { 0 };
	int r;

	if (!cfg)
		return sbi_fail(err, SB_STEP_CONFIG, 0, EINVAL, "no configuration given");
	r = sbi_joined_get(cfg, &joined, err);
	if (joined)
		cfg = &joined->cfg;
	if (r == 0)
		r = sbi_view_get(cfg, &view, err);
	view.joined = joined;
	if (r == 0)
		r = sbi_compile(cfg, &view, what, NULL, c, err);
	sbi_view_free(&view);
	sbi_joined_free(joined);
	return r;
}

int sb_config_check(const sb_config *cfg, sb_error *err)
{
	struct sbi_compiled c;
	int r = compile_here(cfg, SBI_COMPILE_SETUP | SBI_COMPILE_COMMAND, &c, err);

	if (r == 0)
		sbi_compiled_free(&c);
	return r;
}

ssize_t sb_config_dump(const sb_config *cfg, char *buf, size_t len, sb_error *err)
{
	struct sbi_compiled c;
	ssize_t size;
	int what = cfg && !cfg->path ? SBI_COMPILE_SETUP : SBI_COMPILE_SETUP | SBI_COMPILE_COMMAND;
	int r = compile_here(cfg, what, &c, err);

	if (r < 0)
		return r;
	size = (ssize_t)sbi_dump(cfg, &c, buf, len);
	sbi_compiled_free(&c);
	return size;
}
