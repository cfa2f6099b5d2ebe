/* SPDX-License-Identifier: MIT */
/* For the tests of cgroups: what this machine offers, a parent of their own, commands that are talked to. */
#ifndef TESTS_FIXTURE_CGROUP_H
#define TESTS_FIXTURE_CGROUP_H

#include "fixture.h"

#include <sys/types.h>

/**
 * fx_cg_need - skip the test, and say why, unless leaves with all of @files can be had here
 * @files: "memory.max pids.max", with spaces between; "" = any leaf
 *
 * Found out by making a cgroup where the library would and looking into it.
 */
void fx_cg_need(const char *files);
/** fx_cg_lacks - the same as an answer: why not, in static memory, or NULL. */
const char *fx_cg_lacks(const char *files);
/** fx_cg_base - where that was: a cgroup, as a path below the mount point. */
const char *fx_cg_base(void);
/** fx_cg_mount - where cgroup2 is mounted, or NULL (in fixture_state.c, whose leak check looks there). */
const char *fx_cg_mount(void);
/** fx_cg_of - the cgroup of @pid (0 = this process) as a path below the mount point; static, four in turn. */
const char *fx_cg_of(pid_t pid);

/** fx_cg_parent - a new cgroup below fx_cg_base() with every controller that is there; its path. */
const char *fx_cg_parent(void);
/** fx_cg_parent_end - remove it; fails the test if the library has left something in it. */
void fx_cg_parent_end(void);

/** fx_cg_text - a file of the cgroup @dir without its last newline, or ""; static, four in turn. */
const char *fx_cg_text(const char *dir, const char *file);
/** fx_cg_put - write a file of the cgroup @dir. Return: 0 or -errno. */
int fx_cg_put(const char *dir, const char *file, const char *text);
/** fx_cg_children - how many cgroups lie directly in @dir; the name of one of them in @name, unless NULL. */
int fx_cg_children(const char *dir, char name[64]);

/** fx_cg_put_somebody - a child that does nothing, in the cgroup @dir, until fx_cg_remove_somebody(). */
pid_t fx_cg_put_somebody(const char *dir);
void fx_cg_remove_somebody(pid_t pid);
/** fx_cg_leaf_is_in - spawn it, see that its leaf is in a place directly in @dir, end it, free @cfg. */
void fx_cg_leaf_is_in(sb_config *cfg, const char *dir);
/** fx_parent_of - the parent of a process: sb-init, for a command. */
pid_t fx_parent_of(pid_t pid);

/** fx_cg_config - fx_config() with a leaf (SB_CGROUP_ACCOUNT) and without systemd. */
sb_config *fx_cg_config_v(const char *const args[]);
#define fx_cg_config(...) fx_cg_config_v((const char *const[]){ __VA_ARGS__, NULL })

/* A command whose standard input and output are this process's. */
struct fx_talk {
	sb_proc *proc;
	int in;  /* to write: a byte for each "read=0" */
	int out; /* to read */
	size_t len;
	char said[8192];
};
/** fx_talk_begin - spawn it (in @box, unless NULL). @cfg's fds 0 and 1 are changed. */
void fx_talk_begin(struct fx_talk *talk, sb_box *box, sb_config *cfg);
/**
 * fx_talk_until - read until it has said @word; fails the test if it ends before. Returns all it
 * has said.
 */
const char *fx_talk_until(struct fx_talk *talk, const char *word);
/** fx_talk_go - a byte for a "read=0". */
void fx_talk_go(struct fx_talk *talk);
/** fx_talk_end - close both sides and wait for its end; then fx_talk_free(). */
void fx_talk_end(struct fx_talk *talk, sb_result *res);
void fx_talk_free(struct fx_talk *talk);

/** fx_stats - sb_proc_stats(), or fail the test. */
sb_stats fx_stats(sb_proc *proc);
/** fx_emulated - is this a machine in which figures of time mean little (tests/vm)? */
int fx_emulated(void);

#endif
