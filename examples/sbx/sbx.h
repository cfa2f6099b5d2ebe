/* SPDX-License-Identifier: MIT */
/* What the parts of the command line tool share: one run, as the options describe it. */
#ifndef SBX_H
#define SBX_H

#include <sandbox/sandbox.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef CLI_NAME
#define CLI_NAME "sbx"
#endif

/* Exit codes beside the command's own, as docker and env(1) have them. */
#define EXIT_TIME 124 /* a time limit ended it, as timeout(1) has it */
#define EXIT_SBX 125 /* sbx or the library failed */
#define EXIT_CANNOT_RUN 126 /* the command was found, but not run */
#define EXIT_NOT_FOUND 127 /* there is no such command */

struct run;

/* One option: the parser, the help text and the manual's test are made of these. */
struct option_row {
	const char *name; /* long name, without the dashes */
	char letter;      /* short name, or 0 */
	const char *arg;  /* what to call the argument in help; NULL = takes none */
	unsigned flags;   /* ROW_* */
	int (*apply)(struct run *run, const char *arg);
	const char *help;
};

#define ROW_LATE (1u << 0) /* applied after the defaults, in order of appearance */
#define ROW_MOUNT (1u << 1) /* means nothing without a new mount namespace */
#define ROW_OPTIONAL (1u << 2) /* the argument may be left out, and is given by '=' */
#define ROW_CGROUP (1u << 3) /* gives the command a cgroup of its own */
#define ROW_LAST (1u << 4) /* with ROW_LATE: after all others, so that it has the last word */

/* An option that waits for the defaults. */
struct late_option {
	const struct option_row *row;
	const char *arg;
};

/* How one system directory, or anything with a default, was asked for. */
enum choice { CHOICE_DEFAULT, CHOICE_NO, CHOICE_YES };

struct throttle;

/* The command's cgroup, as far as options depend on each other. */
struct cgroup_wishes {
	bool wanted, limited, account;
	const char *memory, *cpu_period;          /* as given */
	const char *cpu_max_by, *cpu_weight_by;   /* which of the options that exclude each other */
	struct throttle *throttles;
	size_t throttle_count;
	const char **devices;
	size_t device_count;
};

/* Limits of the run, as far as options depend on each other. UINT64_MAX = not given. */
struct limit_wishes {
	uint64_t wall, kill_after, cpu, cpu_grace; /* ns */
	uint64_t memory, output;                   /* bytes */
	uint64_t processes;
	bool soft_wall, preserve_status;
};

/* Standard descriptors, by number. */
struct stream_wishes {
	const char *where[3]; /* a file of the host, or "inside:" and a path; NULL = ours */
	uint64_t limit[3];    /* bytes; UINT64_MAX = any */
	bool together, truncate;
	const char *log;
	int fds[4];           /* what was opened for them, the last is the log; -1 = none */
};

/* Words that an option has collected, with a NULL behind the last. */
struct words {
	const char **list;
	size_t count;
};

/* A range of ports, as --publish names it. */
struct published {
	const char *protocol; /* "tcp" or "udp" */
	char *address;        /* of the host; NULL = all; owned */
	uint16_t host_port, port, count; /* host_port 0 = any that are free */
};

/* The network, as far as options depend on each other. */
struct network_wishes {
	const char *given;      /* the argument of --network; NULL = none was given */
	const struct network_kind *kind;
	const char *what;       /* behind the colon; NULL */
	uint32_t options;       /* bit N: row N of network_options was used */
	sb_net_link link;
	bool internal, no_dns;
	struct words addresses[2]; /* --ip, --ip6 */
	struct words dns, search;
	struct published *ports;
	size_t port_count;
	char *text;             /* what @what and the link point into */
};

struct run {
	sb_config *cfg;
	sb_trace *trace;         /* NULL unless asked for */
	const char *const *argv; /* the command */
	const char *argv0;       /* what it is told its name is; NULL = the same */
	bool joins;              /* `exec`: the sandbox is there already */
	const char *why;         /* of the last option that was refused */

	uint64_t ns_new;          /* SB_NS_* to create */
	uint64_t ns_joined;       /* SB_NS_* to join */
	uint64_t ns_shared;       /* SB_NS_* that --share has named */
	bool ns_listed;           /* --ns has named what to create */
	const char *mount_option; /* the first that needs a mount namespace */

	const char *rootfs;
	bool read_only, writable, overlay;
	enum choice proc, dev, system_dirs;
	uint64_t proc_flags;

	bool map_root, user_given;
	bool interactive, tty, clear_env, stderr_to_stdout;
	bool keep_suid;                    /* --no-new-privs=0 */
	uint64_t caps_added, caps_dropped; /* by number; "--cap-drop all" drops nothing from nothing */

	const char *seccomp, *profile; /* as given; NULL = not */
	const char *landlock, *landlock_optional;
	uint64_t optional;             /* SB_APPLIED_* */

	bool dry_run, trace_wanted, explain, help;
	const char *trace_file, *report_file, *pid_file;

	struct cgroup_wishes cgroup;
	struct limit_wishes limits;
	struct stream_wishes streams;
	struct network_wishes network;

	struct late_option *late;
	size_t late_count;
};

/* options.c */
int options_parse(struct run *run, int argc, char **argv);
/* @joins: of `exec` instead of `run`. */
void options_help(FILE *to, bool joins);
/* Remember why an option was refused. Return: -EINVAL, for `return refuse(run, "…")`. */
int refuse(struct run *run, const char *why);
/* The same for a system call that failed. Return: -errno. */
int refuse_errno(struct run *run);
/* What a setter said, without its C name, which means nothing at a shell. */
const char *setter_message(const sb_error *err);

/* The rows of each group; the last has no name. */
extern const struct option_row command_options[], identity_options[], namespace_options[], network_options[],
	fs_options[], confine_options[], limit_options[], stream_options[], cgroup_options[],
	output_options[];

/* options_cgroup.c */
int cgroup_finish(struct run *run);
void cgroup_free(struct run *run);

/* options_limits.c */
void limits_init(struct run *run);
int limits_finish(struct run *run);

/* options_streams.c */
void streams_init(struct run *run);
int streams_finish(struct run *run);
/* Return: 0, or -EIO after a complaint if something could not be written. */
int streams_close(struct run *run, sb_proc *proc);
/* The terminal's part of --log; -1 = there is none. */
int streams_log_fd(const struct run *run);

/* options_net.c, network.c */
/* Before the defaults: which namespaces are new depends on it. Complains itself. */
int network_begin(struct run *run);
/* Behind all options: the files of names. Complains itself. */
int network_finish(struct run *run);
/* A line for each port that nobody but the kernel has chosen. */
void network_tell(const struct run *run, const sb_proc *proc);
void network_free(struct run *run);
int words_add(struct words *words, const char *word);

/* resolv.c: name servers of the host that can be reached from another network */
struct resolv {
	char *text;  /* owned; the words point into it */
	struct words servers, search;
	bool as_it_is; /* all of /etc/resolv.conf can be used */
};
/* Return: 0, or -ENOENT without any. */
int resolv_read(struct resolv *resolv);
void resolv_free(struct resolv *resolv);

/* net_cmd.c */
int do_net(int argc, char **argv);

/* policy.c: what `run` does unless told otherwise; here, because a library has no such opinions */
int policy_defaults(struct run *run);
int policy_finish(struct run *run);
/* What a setter has refused, behind the name of what it was for. Return: -EINVAL. */
int complain_config(const struct run *run, const char *what);
/* An option may bring its own, or all of /etc: then files of ours would stand in its way. */
bool brings_etc(const struct run *run);

/* options_identity.c */
/* What --cap-add and --cap-drop come to, bit N = capability N. */
uint64_t caps_kept(const struct run *run);
int caps_apply(struct run *run);

/* seccomp_file.c: what --seccomp names; both complain themselves */
int seccomp_apply(struct run *run);
/* A docker profile as a policy; to be freed. */
int seccomp_docker_text(const char *path, const struct run *run, char **text);

/* seccomp_cmd.c */
int do_seccomp(int argc, char **argv);

/* names.c */
int do_ls(int argc, char **argv);

/* gc.c */
int do_gc(int argc, char **argv);

/* run.c */
int run_command(struct run *run);

/* relay.c: signals that are the command's business */
int relay_open(void);
bool relay_signal(sb_proc *proc, int signal_fd, int tty_fd);

/* tty.c */
struct terminal;
struct terminal *terminal_open(sb_proc *proc, const struct run *run);
void terminal_resize(int master);
/** terminal_describe - ask for a terminal in the sandbox, of the size of the one around. */
int terminal_describe(sb_config *cfg);
/* The descriptors to wait for, with their events. Return: how many, at most TERMINAL_FDS. */
#define TERMINAL_FDS 4
struct pollfd;
size_t terminal_poll(struct terminal *term, struct pollfd *fds);
void terminal_copy(struct terminal *term, const struct pollfd *fds, size_t count);
/* Copies what is left, gives the caller's terminal back as it was, and frees. NULL in is fine. */
void terminal_close(struct terminal *term);

/* verdict.c */
/* What the exit status of sbx is for it, with a line on why it was ended if a limit did. */
int verdict_code(const struct run *run, sb_proc *proc, const sb_result *res);
/* Soft limits that were passed since the last call: a line for each. */
void verdict_soft(const struct run *run, sb_proc *proc, uint32_t *told);
const char *verdict_name(int32_t verdict);
/* Of a failure to start the command. */
int failure_code(const sb_error *err);

/* denied.c: calls that the policy killed for or logged */
void denied_complain(const sb_proc *proc, const sb_result *res);
void denied_report(FILE *to, const sb_proc *proc);
/*
 * Calls of notify lines: nobody is here to answer them, so they fail with ENOSYS,
 * as the kernel has it without a listener. Return: false when there will be no more.
 */
bool denied_answer(sb_proc *proc);

/* id_map.c: which ids of the command are which of ours; of a process that just began */
struct id_maps {
	char *text[2]; /* the kernel's lines, user ids and group ids; NULL = not known */
};
void id_maps_read(struct id_maps *maps, pid_t pid);
void id_maps_report(FILE *to, const struct id_maps *maps);
void id_maps_free(struct id_maps *maps);

/* trace_text.c, trace_json.c, report.c */
void trace_text(FILE *to, const sb_trace *trace, bool colour, bool explain);
void trace_json(FILE *to, const sb_trace *trace);
/* Everything that is known about a command that has ended. */
struct ending {
	const struct run *run;
	sb_proc *proc;
	const sb_result *res;
	const sb_stats *stats; /* NULL for a command without a cgroup of its own */
	const struct id_maps *maps;
};
void report_result(FILE *to, const struct ending *end, int exit_code);
/* report_figures.c: times, memory, limits, streams; NULL in is fine */
void report_figures(FILE *to, const struct ending *end);
void report_cgroup(FILE *to, const sb_stats *stats);
/* report_net.c */
void report_network(FILE *to, const struct ending *end);
void report_failure(FILE *to, const sb_error *err, int exit_code);

/* output.c */
/*
 * Open since before sbx was started: whatever it opens itself is close-on-exec, an inherited one
 * cannot be.
 */
bool fd_is_inherited(int fd);
void complain(const char *message, const char *hint);
bool wants_colour(int fd);
/* "fd:N" or a file, created or emptied. Return: NULL after a complaint that names @option. */
FILE *output_open(const char *option, const char *where);
/* Return: 0, or -errno after a complaint if something could not be written. */
int output_close(FILE *to, const char *option, const char *where);
void json_string(FILE *to, const char *text);

static inline void free_text(char **text)
{
	free(*text);
}
#define AUTOFREE __attribute__((cleanup(free_text)))

#endif
