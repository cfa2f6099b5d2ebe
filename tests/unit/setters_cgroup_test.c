// SPDX-License-Identifier: MIT
/* The cgroup setters: what replaces what, what is refused, what contradicts what; copies stand alone. */
#include "setters.h"

#include "plan/plan_internal.h"

#define ACCOUNT SB_CGROUP_ACCOUNT

/* What the dry run says of the leaf, without the "host" in front. */
static const char *leaf_of(const sb_config *cfg)
{
	static char text[65536], leaf[65536];
	sb_error err = SB_INIT(sb_error);
	char *save = NULL;

	if (sb_config_dump(cfg, text, sizeof(text), &err) < 0)
		fail_msg("%s", err.message);
	leaf[0] = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "host    limit ", 14) || !strncmp(line, "host    devices ", 16) ||
		    !strncmp(line, "host    cgroup ", 15) || !strcmp(line, "host    leaf")) {
			strcat(leaf, line + 8);
			strcat(leaf, "\n");
		}
	return leaf;
}

#define NO_SWAP "limit memory.swap.max = 0\n" /* comes along with a limit on memory.max */
#define PLACE "cgroup where there is a place\nleaf\n"

/* After @calls on a fresh config, the leaf is described by @text. */
#define LEAF(text, ...)                                  \
	do {                                             \
		sb_config *cfg = fresh();                \
                                                         \
		__VA_ARGS__;                             \
		assert_string_equal(leaf_of(cfg), text); \
		sb_config_free(cfg);                     \
	} while (0)

static void a_setting_replaces_the_one_before(void **state)
{
	(void)state;
	LEAF("", (void)cfg);
	LEAF(PLACE "limit memory.max = 268435456\n" NO_SWAP, fx_ok(sb_set_cgroup(cfg, "memory.max", "1G"));
	     fx_ok(sb_set_cgroup(cfg, "memory.max", "256M")));
	LEAF(PLACE "limit memory.max = 1\nlimit pids.max = 3\n" NO_SWAP, fx_ok(sb_set_cgroup(cfg, "memory.max", "2"));
	     fx_ok(sb_set_cgroup(cfg, "pids.max", "3")); fx_ok(sb_set_cgroup(cfg, "memory.max", "1")));
}

static void swap_is_off_with_a_memory_limit_unless_asked_for(void **state)
{
	(void)state;
	LEAF(PLACE "limit memory.max = 5\n" NO_SWAP, fx_ok(sb_set_memory(cfg, 5)));
	LEAF(PLACE "limit memory.max = 5\nlimit memory.swap.max = 6\n", fx_ok(sb_set_memory(cfg, 5));
	     fx_ok(sb_set_swap(cfg, 6)));
}

static void a_name_cannot_forge_a_line_of_the_dump(void **state)
{
	sb_config *cfg = fresh();

	(void)state;
	expect_bad(cfg, sb_set_cgroup_parent(cfg, "/a\nexec /forged"), EINVAL, "line break", "two lines");
	cfg = fresh();
	expect_bad(cfg, sb_set_cgroup(cfg, "misc.max", "a\033[2J 1"), EINVAL, "cannot be in it", "an escape");
	cfg = fresh();
	expect_bad(cfg, sb_set_cgroup(cfg, "nonsense", NULL), EINVAL, "writable file", "a file that is none");
}

static void devices_and_resources_have_a_setting_each(void **state)
{
	(void)state;
	LEAF(PLACE "limit io.max = 8:0 wbps=7\nlimit io.max = 8:16 rbps=6\nlimit io.weight = default 5\n"
		   "limit io.weight = 8:0 4\nlimit misc.max = a 2\nlimit misc.max = b 3\n"
		   "limit io.latency = 8:0 target=8\n",
	     fx_ok(sb_set_cgroup(cfg, "io.max", "8:0 rbps=5"));
	     fx_ok(sb_set_cgroup(cfg, "io.max", "8:16 rbps=6"));
	     fx_ok(sb_set_cgroup(cfg, "io.max", "008:0 wbps=7")); fx_ok(sb_set_cgroup(cfg, "io.weight", "3"));
	     fx_ok(sb_set_cgroup(cfg, "io.weight", "8:0 4"));
	     fx_ok(sb_set_cgroup(cfg, "io.weight", "default 5"));
	     fx_ok(sb_set_cgroup(cfg, "misc.max", "a 1")); fx_ok(sb_set_cgroup(cfg, "misc.max", "b 3"));
	     fx_ok(sb_set_cgroup(cfg, "misc.max", "a 2"));
	     fx_ok(sb_set_cgroup(cfg, "io.latency", "8:0 target=8")));
}

static void null_removes_all_of_a_file(void **state)
{
	(void)state;
	LEAF(PLACE "limit pids.max = 3\nlimit io.weight = 8:0 4\n",
	     fx_ok(sb_set_cgroup(cfg, "io.max", "8:0 rbps=5"));
	     fx_ok(sb_set_cgroup(cfg, "pids.max", "3")); fx_ok(sb_set_cgroup(cfg, "io.max", "8:16 rbps=6"));
	     fx_ok(sb_set_cgroup(cfg, "io.weight", "8:0 4")); fx_ok(sb_set_cgroup(cfg, "io.max", NULL)));
	LEAF("", fx_ok(sb_set_cgroup(cfg, "pids.max", "3")); fx_ok(sb_set_cgroup(cfg, "pids.max", NULL));
	     fx_ok(sb_set_cgroup(cfg, "pids.max", NULL)));
	LEAF(PLACE "limit pids.max = 4\n", fx_ok(sb_set_cgroup(cfg, "memory.max", "3"));
	     fx_ok(sb_set_cgroup(cfg, "memory.max", NULL)); fx_ok(sb_set_cgroup(cfg, "pids.max", "4")));
}

static void what_cannot_be_is_refused_at_once(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_set_cgroup: no file", sb_set_cgroup(cfg, NULL, "1"));
	BAD(EINVAL, "no file", sb_set_cgroup(cfg, NULL, NULL));
	BAD(EINVAL, "no file", sb_set_cgroup(cfg, long_name, "1"));
	BAD(EINVAL, "no file", sb_set_cgroup(cfg, long_name, NULL));
	BAD(EINVAL, "sb_set_cgroup: memory.limit: it is not a writable file",
	    sb_set_cgroup(cfg, "memory.limit", "1"));
	BAD(EINVAL, "sb_set_cgroup: memory.max: \"lots\"", sb_set_cgroup(cfg, "memory.max", "lots"));
	BAD(EINVAL, "one line", sb_set_cgroup(cfg, "memory.max", ""));
	BAD(EINVAL, "sb_proc_set_cgroup()", sb_set_cgroup(cfg, "memory.reclaim", "1M"));
	BAD(EINVAL, "sb_proc_freeze()", sb_set_cgroup(cfg, "cgroup.freeze", "1"));
}

static void settings_have_an_end(void **state)
{
	sb_config *cfg = fresh();
	char value[16];

	(void)state;
	for (int i = 0; i < 256; i++) {
		snprintf(value, sizeof(value), "r%d 1", i);
		fx_ok(sb_set_cgroup(cfg, "misc.max", value));
	}
	fx_ok(sb_set_cgroup(cfg, "misc.max", "r255 2"));
	fx_has(leaf_of(cfg), "limit misc.max = r255 2\n");
	expect_bad(cfg, sb_set_cgroup(cfg, "misc.max", "r256 1"), E2BIG, "256", "one too many");
}

static void short_ways_set_the_file_they_are_named_for(void **state)
{
	(void)state;
	LEAF(PLACE "limit memory.max = 67108864\n" NO_SWAP, fx_ok(sb_set_memory(cfg, 64 << 20)));
	LEAF(PLACE "limit memory.max = max\n", fx_ok(sb_set_memory(cfg, UINT64_MAX)));
	LEAF(PLACE "limit memory.swap.max = 0\n", fx_ok(sb_set_swap(cfg, 0)));
	LEAF(PLACE "limit memory.swap.max = max\n", fx_ok(sb_set_swap(cfg, UINT64_MAX)));
	LEAF(PLACE "limit pids.max = 20\n", fx_ok(sb_set_pids(cfg, 20)));
	LEAF(PLACE "limit pids.max = max\n", fx_ok(sb_set_pids(cfg, UINT64_MAX)));
	LEAF(PLACE "limit cpu.weight = 10000\n", fx_ok(sb_set_cpu_weight(cfg, 1));
	     fx_ok(sb_set_cpu_weight(cfg, 10000)));
	LEAF(PLACE "limit cpu.weight = 59\n", fx_ok(sb_set_cpu_shares(cfg, 512)));
	LEAF(PLACE "limit cpu.weight = 1\n", fx_ok(sb_set_cpu_shares(cfg, 2)));
	LEAF(PLACE "limit cpu.weight = 10000\n", fx_ok(sb_set_cpu_shares(cfg, 262144)));
	LEAF(PLACE "limit cpu.max = 50000 100000\n", fx_ok(sb_set_cpu_quota(cfg, 50000000, 0)));
	LEAF(PLACE "limit cpu.max = 1000 1000\n", fx_ok(sb_set_cpu_quota(cfg, 1000999, 1000999)));
	LEAF(PLACE "limit cpu.max = 4000000 1000000\n", fx_ok(sb_set_cpu_quota(cfg, 4000000000, 1000000000)));
	LEAF(PLACE "limit cpu.max = max 100000\n", fx_ok(sb_set_cpu_quota(cfg, UINT64_MAX, 0)));
	LEAF(PLACE "limit cpuset.cpus = 0-2,7\nlimit cpuset.mems = 0\n",
	     fx_ok(sb_set_cpuset(cfg, "0-2,7", "0")));
	LEAF(PLACE "limit cpuset.mems = 1\n", fx_ok(sb_set_cpuset(cfg, "3", "0"));
	     fx_ok(sb_set_cpuset(cfg, NULL, "1")));
	LEAF("", fx_ok(sb_set_cpuset(cfg, NULL, NULL)));
	/* A short way and the file itself are one setting. */
	LEAF(PLACE "limit memory.max = 2\n" NO_SWAP, fx_ok(sb_set_cgroup(cfg, "memory.max", "1G"));
	     fx_ok(sb_set_memory(cfg, 2)));
}

static void short_ways_refuse_under_their_own_name(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_set_memory: memory.max", sb_set_memory(cfg, UINT64_MAX - 1));
	BAD(EINVAL, "sb_set_swap: memory.swap.max", sb_set_swap(cfg, UINT64_MAX - 1));
	BAD(EINVAL, "sb_set_pids: pids.max", sb_set_pids(cfg, UINT64_MAX - 1));
	BAD(EINVAL, "sb_set_cpu_weight: cpu.weight: 0 is not", sb_set_cpu_weight(cfg, 0));
	BAD(EINVAL, "sb_set_cpu_weight: cpu.weight: 10001", sb_set_cpu_weight(cfg, 10001));
	BAD(EINVAL, "sb_set_cpu_shares: 1 is not", sb_set_cpu_shares(cfg, 1));
	BAD(EINVAL, "sb_set_cpu_shares: 262145", sb_set_cpu_shares(cfg, 262145));
	BAD(EINVAL, "sb_set_cpu_shares", sb_set_cpu_shares(cfg, UINT64_MAX));
	BAD(EINVAL, "sb_set_cpu_quota: cpu.max", sb_set_cpu_quota(cfg, 999999, 0));
	BAD(EINVAL, "\"999\"", sb_set_cpu_quota(cfg, 1000000, 999999));
	BAD(EINVAL, "\"1000001\"", sb_set_cpu_quota(cfg, UINT64_MAX, 1000001000));
	BAD(EINVAL, "too much", sb_set_cpu_quota(cfg, UINT64_MAX - 1, 0));
	BAD(EINVAL, "sb_set_cpuset: cpuset.cpus", sb_set_cpuset(cfg, "2-0", NULL));
	BAD(EINVAL, "sb_set_cpuset: cpuset.mems", sb_set_cpuset(cfg, "0", "x"));
}

#define RULES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void device_rules(void **state)
{
	static const char *const bad[] = { "",         "c",          "c 1:3",         "c 1 rw",
					   "d 1:3 rw", "cc 1:3 rw",  "c 1:3 rw more", "c 1:3 rwmrwmrw",
					   "1:3 rw",   "c 1:3:5 rw", "C 1:3 rw" };
	const char *none[] = { NULL }, *many[66];

	(void)state;
	for (int i = 0; i < 66; i++)
		many[i] = i < 65 ? "c 1:3 r" : NULL;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		BAD(EINVAL, "sb_set_devices: \"", sb_set_devices(cfg, RULES("c 1:3 rw", bad[i])));
	BAD(EINVAL, "\"c 1:3 rw more\" is not like", sb_set_devices(cfg, RULES("c 1:3 rw more")));
	BAD(EINVAL, "\"x\" is neither", sb_set_devices(cfg, RULES("c x:3 rw")));
	BAD(EINVAL, "\"\" is neither", sb_set_devices(cfg, RULES("b 8: rw")));
	BAD(EINVAL, "\"-1\" is neither", sb_set_devices(cfg, RULES("b 8:-1 rw")));
	BAD(EINVAL, "\"**\" is neither", sb_set_devices(cfg, RULES("b **:0 rw")));
	BAD(EINVAL, "4294967295", sb_set_devices(cfg, RULES("b 4294967295:0 r")));
	BAD(EINVAL, "\"rx\" is not made of r, w and m", sb_set_devices(cfg, RULES("c 1:3 rx")));
	BAD(E2BIG, "64", sb_set_devices(cfg, many));
	many[64] = NULL;
	LEAF(PLACE "devices 64 rules\n", fx_ok(sb_set_devices(cfg, many)));
	LEAF(PLACE "devices 3 rules\n",
	     fx_ok(sb_set_devices(cfg, RULES("c 1:3 rwm", "b *:* m", "c 4294967294:* r"))));
	LEAF(PLACE "devices 1 rules\n", fx_ok(sb_set_devices(cfg, RULES("a *:* r", "c 1:3 r")));
	     fx_ok(sb_set_devices(cfg, RULES("c 1:5 w"))));
	LEAF(PLACE "devices 0 rules\n", fx_ok(sb_set_devices(cfg, RULES("c 1:3 r")));
	     fx_ok(sb_set_devices(cfg, none)));
	LEAF("", fx_ok(sb_set_devices(cfg, RULES("c 1:3 r"))); fx_ok(sb_set_devices(cfg, NULL)));
}

/* What a rule says, as the filter will be made of it. */
static void device_rules_mean_what_they_say(void **state)
{
	sb_config *cfg = fresh();

	(void)state;
	fx_ok(sb_set_devices(cfg, RULES("c 1:3 rwm", "b *:7 m", "a 5:* wr", "c 9:9 r")));
	assert_int_equal(cfg->device_count, 4);
	assert_true(cfg->devices[0].kind == 'c' && cfg->devices[1].kind == 'b' &&
		    cfg->devices[2].kind == 'a');
	assert_true(cfg->devices[0].major == 1 && cfg->devices[0].minor == 3);
	assert_true(cfg->devices[1].major == UINT32_MAX && cfg->devices[1].minor == 7);
	assert_true(cfg->devices[2].major == 5 && cfg->devices[2].minor == UINT32_MAX);
	assert_int_equal(cfg->devices[0].access, 7); /* BPF_DEVCG_ACC_MKNOD 1, READ 2, WRITE 4 */
	assert_int_equal(cfg->devices[1].access, 1);
	assert_int_equal(cfg->devices[2].access, 6);
	assert_int_equal(cfg->devices[3].access, 2);
	sb_config_free(cfg);
}

static void flags_and_the_place(void **state)
{
	(void)state;
	BAD(EINVAL, "unknown bits 0x8", sb_set_cgroup_flags(cfg, 8 | ACCOUNT));
	BAD(EINVAL, "unknown bits 0x8000000000000000", sb_set_cgroup_flags(cfg, UINT64_C(1) << 63));
	LEAF(PLACE, fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_MOVE_SELF | SB_CGROUP_NO_SYSTEMD | ACCOUNT)));
	LEAF("", fx_ok(sb_set_cgroup_flags(cfg, ACCOUNT));
	     fx_ok(sb_set_cgroup_flags(cfg, SB_CGROUP_MOVE_SELF)));
	BAD(EINVAL, "\"judge\" is not an absolute path", sb_set_cgroup_parent(cfg, "judge"));
	BAD(EINVAL, "sb_set_cgroup_parent", sb_set_cgroup_parent(cfg, ""));
	BAD(EINVAL, "\"..\"", sb_set_cgroup_parent(cfg, "/judge/../x"));
	BAD(EINVAL, "\"..\"", sb_set_cgroup_parent(cfg, "/.."));
	BAD(ENAMETOOLONG, "sb_set_cgroup_parent", sb_set_cgroup_parent(cfg, long_path));
	BAD(EINVAL, "sb_set_cgroup_parent_fd: -2", sb_set_cgroup_parent_fd(cfg, -2));
	GOOD(sb_set_cgroup_parent_fd(cfg, 0));
	LEAF("cgroup /judge/..x\nleaf\n", fx_ok(sb_set_cgroup_flags(cfg, ACCOUNT));
	     fx_ok(sb_set_cgroup_parent(cfg, "/judge/..x")));
	LEAF(PLACE, fx_ok(sb_set_cgroup_flags(cfg, ACCOUNT)); fx_ok(sb_set_cgroup_parent(cfg, "/judge"));
	     fx_ok(sb_set_cgroup_parent(cfg, NULL)));
	LEAF(PLACE, fx_ok(sb_set_cgroup_flags(cfg, ACCOUNT)); fx_ok(sb_set_cgroup_parent(cfg, "/judge"));
	     fx_ok(sb_set_cgroup_parent_fd(cfg, 0)));
	LEAF("cgroup /judge\nleaf\n", fx_ok(sb_set_cgroup_flags(cfg, ACCOUNT));
	     fx_ok(sb_set_cgroup_parent_fd(cfg, 0)); fx_ok(sb_set_cgroup_parent(cfg, "/judge"));
	     assert_int_equal(cfg->cgroup_parent_fd, -1));
}

static void the_file_system_of_the_leaf(void **state)
{
	(void)state;
	BAD(EINVAL, "sb_add_cgroupfs: no path", sb_add_cgroupfs(cfg, NULL, 0));
	BAD(EINVAL, "not an absolute path", sb_add_cgroupfs(cfg, "sys/fs/cgroup", 0));
	BAD(EINVAL, "\"..\"", sb_add_cgroupfs(cfg, "/sys/../cgroup", 0));
	BAD(EINVAL, "sb_add_cgroupfs", sb_add_cgroupfs(cfg, "/", 0));
	BAD(ENAMETOOLONG, "sb_add_cgroupfs", sb_add_cgroupfs(cfg, long_path, 0));
	BAD(EINVAL, "sb_add_cgroupfs: unknown flags 0x2",
	    sb_add_cgroupfs(cfg, "/cg", SB_MOUNT_RO | SB_MOUNT_NOEXEC));
	GOOD(sb_add_cgroupfs(cfg, "/sys/fs/cgroup", SB_MOUNT_RO));
}

/* @what the library is asked to make of the config: all at once, or a box. */
#define CONTRADICTION(what, part, way_out, ...)                        \
	do {                                                           \
		sb_config *cfg = fresh();                              \
		sb_error err = SB_INIT(sb_error);                      \
                                                                       \
		__VA_ARGS__;                                           \
		assert_int_equal(sbi_check(cfg, what, &err), -EINVAL); \
		assert_string_equal(sb_step_name(err.step), "config"); \
		fx_has(err.message, part);                             \
		fx_has(err.hint, way_out);                             \
		sb_config_free(cfg);                                   \
	} while (0)
#define AGREES(what, ...)                          \
	do {                                       \
		sb_config *cfg = fresh();          \
                                                   \
		__VA_ARGS__;                       \
		fx_ok(sbi_check(cfg, what, NULL)); \
		sb_config_free(cfg);               \
	} while (0)

static void contradictions(void **state)
{
	const int box = SBI_COMPILE_SETUP, all = SBI_COMPILE_SETUP | SBI_COMPILE_COMMAND;

	(void)state;
	CONTRADICTION(all, "needs a cgroup to show", "SB_CGROUP_ACCOUNT", sb_add_cgroupfs(cfg, "/cg", 0));
	CONTRADICTION(all, "needs a cgroup to show", "limit", sb_add_cgroupfs(cfg, "/cg", 0);
		      sb_set_pids(cfg, 5); sb_set_cgroup(cfg, "pids.max", NULL));
	CONTRADICTION(all, "new cgroup namespace", "SB_NS_CGROUP", sb_add_cgroupfs(cfg, "/cg", 0);
		      sb_set_pids(cfg, 5); sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_CGROUP));
	CONTRADICTION(all, "new cgroup namespace", "SB_NS_CGROUP", sb_add_cgroupfs(cfg, "/cg", 0);
		      sb_set_pids(cfg, 5); sb_set_ns_fd(cfg, SB_NS_CGROUP, 0));
	CONTRADICTION(all, "mount namespace", "SB_NS_MOUNT", sb_add_cgroupfs(cfg, "/cg", 0);
		      sb_set_pids(cfg, 5); sb_set_ns(cfg, SB_NS_ALL & ~SB_NS_MOUNT));
	CONTRADICTION(box, "in a box", "sb_spawn()", sb_add_cgroupfs(cfg, "/cg", 0); sb_set_pids(cfg, 5));
	CONTRADICTION(all, "joined cgroup namespace", "leave out", sb_set_ns_fd(cfg, SB_NS_CGROUP, 0);
		      sb_set_cgroup_flags(cfg, ACCOUNT));
	CONTRADICTION(box, "joined cgroup namespace", "leave out", sb_set_ns_fd(cfg, SB_NS_CGROUP, 0);
		      sb_set_pids(cfg, 5));
	CONTRADICTION(all, "cannot be pinned", "pin", sb_add_pin(cfg, SB_NS_CGROUP, "/run/x");
		      sb_set_devices(cfg, RULES("c 1:3 r")));
	AGREES(all, sb_add_cgroupfs(cfg, "/cg", 0); sb_set_pids(cfg, 5));
	AGREES(all, sb_add_cgroupfs(cfg, "/cg", 0); sb_set_devices(cfg, (const char *const[]){ NULL }));
	AGREES(box, sb_set_pids(cfg, 5));
	AGREES(all, sb_set_ns_fd(cfg, SB_NS_CGROUP, 0));
	AGREES(all, sb_add_pin(cfg, SB_NS_CGROUP, "/run/x"));
	AGREES(all, sb_add_pin(cfg, SB_NS_UTS, "/run/x"); sb_set_pids(cfg, 5));
	AGREES(all, sb_set_ns(cfg, 0); sb_set_pids(cfg, 5));
}

static void copies_stand_alone(void **state)
{
	static const char want[] =
		"cgroup /judge\nleaf\nlimit memory.max = 5\nlimit io.max = 8:0 rbps=6\n" NO_SWAP
		"devices 2 rules\n";
	sb_config *cfg = fresh(), *copy;

	(void)state;
	fx_ok(sb_set_memory(cfg, 5));
	fx_ok(sb_set_cgroup(cfg, "io.max", "8:0 rbps=6"));
	fx_ok(sb_set_devices(cfg, RULES("c 1:3 r", "c 1:5 w")));
	fx_ok(sb_set_cgroup_parent(cfg, "/judge"));
	fx_ok(sb_set_cgroup_flags(cfg, ACCOUNT | SB_CGROUP_NO_SYSTEMD));
	assert_string_equal(leaf_of(cfg), want);
	copy = sb_config_copy(cfg);
	assert_non_null(copy);
	assert_string_equal(leaf_of(copy), want);
	assert_int_equal(copy->cgroup_flags, ACCOUNT | SB_CGROUP_NO_SYSTEMD);
	assert_int_equal(copy->devices[1].access, 4);
	assert_ptr_equal(copy->place, cfg->place);
	fx_ok(sb_set_memory(copy, 7));
	fx_ok(sb_set_pids(copy, 8));
	fx_ok(sb_set_cgroup(copy, "io.max", NULL));
	fx_ok(sb_set_devices(copy, RULES("b 1:1 m")));
	fx_ok(sb_set_cgroup_flags(copy, 0));
	assert_ptr_not_equal(copy->place,
			     cfg->place); /* another place than before: not the original's any more */
	fx_ok(sb_set_cgroup_parent(copy, "/elsewhere"));
	assert_string_equal(leaf_of(copy),
			    "cgroup /elsewhere\nleaf\nlimit memory.max = 7\nlimit pids.max = 8\n" NO_SWAP
			    "devices 1 rules\n");
	assert_string_equal(leaf_of(cfg), want);
	assert_int_equal(cfg->devices[0].kind, 'c');
	sb_config_free(copy);
	copy = sb_config_copy(cfg);
	sb_config_free(cfg);
	assert_string_equal(leaf_of(copy), want);
	sb_config_free(copy);
}

static void without_a_config(void **state)
{
	(void)state;
	assert_int_equal(sb_set_cgroup(NULL, "memory.max", "1"), -EINVAL);
	assert_int_equal(sb_set_memory(NULL, 1), -EINVAL);
	assert_int_equal(sb_set_swap(NULL, 1), -EINVAL);
	assert_int_equal(sb_set_pids(NULL, 1), -EINVAL);
	assert_int_equal(sb_set_cpu_weight(NULL, 1), -EINVAL);
	assert_int_equal(sb_set_cpu_shares(NULL, 2), -EINVAL);
	assert_int_equal(sb_set_cpu_quota(NULL, UINT64_MAX, 0), -EINVAL);
	assert_int_equal(sb_set_cpuset(NULL, "0", NULL), -EINVAL);
	assert_int_equal(sb_set_devices(NULL, NULL), -EINVAL);
	assert_int_equal(sb_set_cgroup_flags(NULL, 0), -EINVAL);
	assert_int_equal(sb_set_cgroup_parent(NULL, NULL), -EINVAL);
	assert_int_equal(sb_set_cgroup_parent_fd(NULL, -1), -EINVAL);
	assert_int_equal(sb_add_cgroupfs(NULL, "/cg", 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_replaces_the_one_before),
		cmocka_unit_test(swap_is_off_with_a_memory_limit_unless_asked_for),
		cmocka_unit_test(a_name_cannot_forge_a_line_of_the_dump),
		cmocka_unit_test(devices_and_resources_have_a_setting_each),
		cmocka_unit_test(null_removes_all_of_a_file),
		cmocka_unit_test(what_cannot_be_is_refused_at_once),
		cmocka_unit_test(settings_have_an_end),
		cmocka_unit_test(short_ways_set_the_file_they_are_named_for),
		cmocka_unit_test(short_ways_refuse_under_their_own_name),
		cmocka_unit_test(device_rules),
		cmocka_unit_test(device_rules_mean_what_they_say),
		cmocka_unit_test(flags_and_the_place),
		cmocka_unit_test(the_file_system_of_the_leaf),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(copies_stand_alone),
		cmocka_unit_test(without_a_config),
	};
	return cmocka_run_group_tests(tests, make_long, NULL);
}
