/* SPDX-License-Identifier: MIT */
/* Records and descriptors over a SOCK_SEQPACKET socket. libc's headers, not its code. */
#include <errno.h>
#include <sys/socket.h>

#include "init.h"

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int) * SBI_MAX_PASSED)];
};

int send_record(int fd, struct sbi_record *rec, int passed_fd)
{
	struct iovec iov = { rec, sizeof(*rec) };
	union control control = {
		{ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS }
	};
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	long r;

	rec->magic = SBI_RECORD_MAGIC;
	if (passed_fd >= 0) {
		*(int *)CMSG_DATA(&control.header) = passed_fd;
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
	}
	do
		r = SYS(sendmsg, fd, &msg, MSG_NOSIGNAL);
	while (r == -EINTR);
	return r < 0 ? (int)r : 0;
}

long receive_record(int fd, struct sbi_record *rec, int *fds, uint32_t max, uint32_t *count, int flags)
{
	struct iovec iov = { rec, sizeof(*rec) };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	long r;

	if (fds) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		*count = 0;
	}
	do
		r = SYS(recvmsg, fd, &msg, flags | MSG_CMSG_CLOEXEC);
	while (r == -EINTR);
	if (r > 0 && fds && msg.msg_controllen >= sizeof(struct cmsghdr)) {
		*count = (uint32_t)((control.header.cmsg_len - CMSG_LEN(0)) / sizeof(int));
		for (uint32_t i = 0; i < *count && i < max; i++)
			fds[i] = ((int *)CMSG_DATA(&control.header))[i];
	}
	return r;
}
