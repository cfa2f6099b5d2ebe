/* SPDX-License-Identifier: MIT */
/* What the parts of `isolate` share: the request, as the options describe it, and the box. */
#ifndef ISOLATE_H
#define ISOLATE_H

#include <sandbox/sandbox.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

/* Exit codes: the program's failure is 1, whatever its own code was. */
#define EXIT_FAILED 1
#define EXIT_INTERNAL 2

#define NONE UINT64_MAX

/* --- what is asked for ---------------------------------------------------------- */

enum mode { MODE_NONE, MODE_INIT, MODE_RUN, MODE_CLEANUP, MODE_CG_ROOT, MODE_VERSION, MODE_HELP };

#define RULE_RW (1u << 0)
#define RULE_NOEXEC (1u << 1)
#define RULE_DEV (1u << 2)
#define RULE_MAYBE (1u << 3)
#define RULE_FS (1u << 4)
#define RULE_TMP (1u << 5)
#define RULE_NOREC (1u << 6)
#define RULE_MINIMAL_DEV (1u << 7) /* the default one for /dev */

/*
 * One directory: @in below the root, without slashes around it; @out on the host, or the file
 * system's name.
 */
struct rule {
	char *in, *out;
	unsigned flags;
};

struct request {
	enum mode mode;
	unsigned box_id;
	bool wait, cg, silent, no_default_dirs, special_files, share_net, inherit_fds, stderr_to_stdout;
	unsigned verbose;
	int as_uid, as_gid; /* -1 = the caller */
	const char *meta;

	const char *stream[3]; /* paths inside; NULL = ours */
	const char *chdir;
	uint64_t time_ns, wall_ns, extra_ns;                /* NONE = no limit */
	uint64_t memory, cg_memory, stack, file_size, core; /* bytes */
	uint64_t open_files, processes, quota_blocks, quota_inodes;
	bool tight_calls;

	struct rule *rules; /* the user's own, after the default ones */
	size_t rule_count;
	char **env; /* NULL-terminated */
	size_t env_count;
	const char **env_rules; /* as given */
	size_t env_rule_count;
	bool full_env;

	char **argv;
};

/* options.c: ends the program with a message if something is wrong */
void options_parse(struct request *req, int argc, char **argv);
void options_help(FILE *to);
void request_free(struct request *req);

/* numbers.c: all return 0 or -EINVAL; digits and at most one point, nothing else */
int parse_number(const char *text, uint64_t max, uint64_t *out);
/* Seconds, with decimals, in ns. */
int parse_seconds(const char *text, uint64_t *out);
/* Kilobytes, in bytes. */
int parse_kilobytes(const char *text, uint64_t *out);

/* env.c */
void env_build(struct request *req);

/* rules.c */
/* IN=OUT[:OPTIONS], DIR[:OPTIONS] or IN=. */
void rule_add(struct request *req, const char *text);
void rules_default(struct request *req);
struct box;
void rules_apply(const struct request *req, struct box *box, sb_config *cfg);

/* --- the place ------------------------------------------------------------------ */

/* settings.c: of the configuration file */
struct settings {
	char *box_root, *lock_root, *cg_root; /* cg_root: NULL = found by the library */
	uint64_t first_uid, first_gid, num_boxes;
	char *cpus, *mems; /* of this box */
};
void settings_read(struct settings *settings, unsigned box_id);
void settings_free(struct settings *settings);

/* Everything that --init makes and --cleanup removes. */
struct box {
	char *dir, *files; /* BOX_ROOT/ID, and box/ in it */
	int lock_fd;
	bool ready; /* --init was here */
	uid_t owner_uid, uid;
	gid_t owner_gid, gid;
	bool own_ids;     /* the command's ids on the host are the caller's: no other can be had */
	char **temporary; /* directories that live as long as the run */
	size_t temporary_count;
};
/* Finds it and locks it. */
void box_open(struct box *box, const struct request *req, const struct settings *settings);
void box_close(struct box *box);
void box_init(struct box *box, const struct request *req);
void box_cleanup(struct box *box);
/* Its files become the command's before the run, and the caller's after it. */
void box_give(struct box *box);
void box_take_back(struct box *box, bool keep_special);
/* A fresh directory that the command may write to; goes with box_take_back(). */
const char *box_temporary(struct box *box);

/* tree.c: whatever is in there: no link is followed, any depth. Return: 0, or -errno of the first failure. */
int tree_remove(const char *path);
int tree_own(const char *path, uid_t uid, gid_t gid, bool keep_special);

/* quota.c */
int quota_set(const char *path, uid_t uid, uint64_t blocks, uint64_t inodes);

/* --- the run -------------------------------------------------------------------- */

/* run.c */
int run_program(const struct request *req, const struct settings *settings, struct box *box);

/* describe.c: the configuration that the request comes to */
sb_config *describe(const struct request *req, const struct settings *settings, struct box *box);
/* The cgroups of workers that were killed. */
void clean_up_after_the_dead(const struct settings *settings);
/* A setter that failed: ends the program with what it said. */
void check(int r, const sb_config *cfg, const char *what);

/* meta.c */
void meta_open(const char *path);
/* Return: the exit code. */
int meta_result(const struct request *req, const sb_result *res);

/* --- how it ends ---------------------------------------------------------------- */

/* meta.c: status XX, a message, exit code 2 */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2))) void usage(const char *format, ...);
/* The library's error, with its hint. */
__attribute__((noreturn)) void die_error(const sb_error *err);
/* Called by die() once: what must not be left as it is. */
void on_death(void (*undo)(void));
void *must(void *memory);
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
__attribute__((format(printf, 2, 3))) void say(const struct request *req, const char *format, ...);

#endif
