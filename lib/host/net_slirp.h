/* SPDX-License-Identifier: MIT */
/*
 * Where the socket lies by which slirp4netns is asked for ports.
 *
 * It has to have a name in the file system. It is in a directory of /tmp that only this user
 * may enter, and both are removed as soon as the ports are there; the program finds it by a
 * descriptor, wherever its root is. The directory is locked (flock(2)) while its maker lives: sb_gc().
 */
#ifndef SBI_NET_SLIRP_H
#define SBI_NET_SLIRP_H

#include <sandbox/error.h>

struct sbi_slirp_socket {
	char path[32]; /* of the directory; empty = none */
	int dir;       /* -EBADF */
};

int sbi_slirp_socket_make(struct sbi_slirp_socket *sock, sb_error *err);
void sbi_slirp_socket_remove(struct sbi_slirp_socket *sock);
/** sbi_slirp_gc - remove those whose makers were killed. Return: how many. */
int sbi_slirp_gc(void);

#endif
