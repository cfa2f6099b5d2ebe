/* SPDX-License-Identifier: MIT */
/* An eye in a network namespace: files that were opened there by a process which has gone again. */
#ifndef SBI_NET_EYE_H
#define SBI_NET_EYE_H

#define SBI_EYE_FILES 7

/* Shared with the passing process. Whatever it opens is close-on-exec. */
struct sbi_eye {
	/* to enter; -EBADF: a new one is made, with lo up, and this is its descriptor */
	int netns;
	const char *proc_net;             /* "/proc/self/net"; NULL: no file is opened */
	const char *names[SBI_EYE_FILES]; /* in it */
	int files[SBI_EYE_FILES];         /* or -errno */
};

/**
 * sbi_eye_open - the calling thread does not leave its own namespace. Return: 0, -errno and nothing
 * is open.
 */
int sbi_eye_open(struct sbi_eye *eye);

#endif
