/* SPDX-License-Identifier: MIT */
/* The commands that run, as their supervisor sees them. */
#ifndef SBI_COMMANDS_H
#define SBI_COMMANDS_H

#include "init.h"

#define MAX_COMMANDS 1024

/* A command's limits, and how far it has come. Times are ns on the host's monotonic clock. */
struct watch {
	struct sbi_watch limits;
	int cpu_stat, pids_events, kill; /* files of its leaf; -1 */
	uint32_t cause;    /* enum sbi_cause, the first */
	uint64_t cause_ns;
	uint32_t told;     /* soft limits that the host knows of, 1 << SBI_CAUSE_* */
	uint64_t killed;   /* when it was ended for a limit; 0 = it was not */
	uint64_t seen;     /* cpu time at the last look */
	uint64_t pause;    /* shortest time to the next one */
	uint64_t next;     /* when to look again; UINT64_MAX = never */
};

struct command {
	int pid, channel;
	int opening; /* what its process tells while it opens its streams; -1 */
	int leaf; /* its cgroup, in a box; -1 */
	int listener; /* number of its filter's; -1 */
	int abandoned; /* nobody listens at the channel: it has been killed */
	uint64_t start_ns, base_ns; /* monotonic at exec; cpu time used before it */
	struct watch watch;
};

extern struct command commands[MAX_COMMANDS];
extern uint32_t command_count;
extern int single; /* the sandbox ends with its only command */

/* commands.c */
void kill_listed(long fd); /* every number in a file of the kernel's */
void kill_children(void);
int others_run(void);
int kill_everything(void); /* 0: nothing was left */
/* launch.c */
int launch(struct run *run);
void launch_in_box(int *fds, uint32_t count, int again);
void use_command_section(struct run *run);
/* watch.c */
void begin_watch(struct command *command, const struct sbi_plan *plan, int *slots);
uint64_t next_look(void); /* when the first of them wants to be looked at; UINT64_MAX = never */
void look_at_limits(uint64_t at);
void end_watch(struct command *command);
uint32_t poll_limits(struct pollfd *polled);
void on_limits(const struct pollfd *polled, uint32_t count);
void note_cause(struct command *command, uint32_t cause, uint64_t at); /* the first one counts */
/* opening.c */
uint32_t poll_openings(struct pollfd *polled);
void hear_opening(struct command *command);
void on_openings(const struct pollfd *polled, uint32_t count);
/* zygote.c */
struct zygote;
struct clone_args;
uint32_t zygotes_there(void);
/* that has the command's filter; NULL: it has to load it itself */
struct zygote *find_zygote(struct run *run);
long clone_by(struct zygote *zygote, struct clone_args *args, int (*child)(void *run), struct run *run);
/* sample.c: without a cgroup that counts */
uint64_t sample_cpu(const struct command *command);    /* ns, the set-up included */
void kill_sampled(const struct command *command);
uint64_t sample_memory(const struct command *command); /* bytes */

#endif
