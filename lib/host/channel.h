/* SPDX-License-Identifier: MIT */
/* Records between host and sb-init, the host's side. */
#ifndef SBI_CHANNEL_H
#define SBI_CHANNEL_H

#include "common/wire.h"

/* Send a record with @count descriptors; 0 or -errno. */
int sbi_send(int socket, uint16_t type, const int *fds, uint32_t count);
/* The same with the fields of @rec, whose magic is set. */
int sbi_send_record(int socket, struct sbi_record *rec, const int *fds, uint32_t count);
/*
 * Receive one. @fd gets a passed descriptor, or -EBADF. Return: 1, 0 at the end
 * of the connection, -EAGAIN with nothing there (@wait 0), -EMFILE with no room
 * for the descriptor, -EPROTO, -errno.
 */
int sbi_receive(int socket, struct sbi_record *rec, int *fd, int wait);
/*
 * The same, but the end of the process @pidfd counts as the end of the
 * connection: a fork of another thread may hold a copy of the far end open.
 */
int sbi_receive_or_end(int socket, int pidfd, struct sbi_record *rec, int *fd);

#endif
