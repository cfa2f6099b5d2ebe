/* SPDX-License-Identifier: MIT */
/* Sandboxes that are open at one place, so that an attack can be seen to work there. */
#ifndef TESTS_ATTACK_OPEN_H
#define TESTS_ATTACK_OPEN_H

#include "attack_config.h"

/* What the host has for an attack to find. */
struct situation {
	pid_t victim;
	int port, tcp, abstract, shm, number; /* number: of an inheritable descriptor */
	char key[16], name[32], shm_name[32], path[512], cwd[4096];
	sigset_t mask;
};

extern struct situation host;
void host_begin(void);
void host_end(void); /* nothing to do is fine */

/* attack_furnished - the default sandbox with /proc, /dev, /tmp and a /bait, to run "attack CLASS WAY". */
sb_config *attack_furnished(const char *class, const char *way, uint64_t proc_flags, uint64_t bait_flags);
/* attack_outside - the same by this process's child, in no sandbox. Return: its exit status, or -1 */
int attack_outside(const char *class, const char *way, char *said, size_t len);

#define CLASSES 38

struct way {
	const char *class, *way;
	sb_config *(*open)(
		const struct way *way); /* NULL: nothing opens it; it is shown outside of any sandbox */
	const char *detail;
	const char *must; /* as whom it must work: r root, u user, n root of a user namespace */
	int harmless;     /* may be tried outside of any sandbox, to see whether this machine has it at all */
};

extern const struct way ways[];

#endif
