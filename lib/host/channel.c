/* SPDX-License-Identifier: MIT */
/* Records and descriptors over the socket pair, the host's side. */
#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/plan.h"

union control_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int) * SBI_MAX_PASSED)];
};

int sbi_send(int socket, uint16_t type, const int *fds, uint32_t count)
{
	struct sbi_record rec = { .type = type };

	return sbi_send_record(socket, &rec, fds, count);
}

int sbi_send_record(int socket, struct sbi_record *rec, const int *fds, uint32_t count)
{
	struct iovec iov = { rec, sizeof(*rec) };
	union control_message control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	rec->magic = SBI_RECORD_MAGIC;
	if (count) {
		memset(&control, 0, CMSG_SPACE(sizeof(int) * count));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
	}
	do
		n = sendmsg(socket, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int sbi_receive(int socket, struct sbi_record *rec, int *fd, int wait)
{
	struct iovec iov = { rec, sizeof(*rec) };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	ssize_t n;

	*fd = -EBADF;
	/*
	 * ECONNRESET: the peer ended with something unread. Told once, and ahead of what it had
	 * sent before.
	 */
	do
		n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return -errno;
	if (n == 0)
		return 0;
	if (msg.msg_flags & MSG_CTRUNC) /* there was one, and no number left for it */
		return -EMFILE;
	if (msg.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(&control.header), sizeof(*fd));
	if (sbi_record_valid(rec, n))
		return 1;
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
	return -EPROTO;
}

int sbi_receive_or_end(int socket, int pidfd, struct sbi_record *rec, int *fd)
{
	struct pollfd polled[2] = { { socket, POLLIN, 0 }, { pidfd, POLLIN, 0 } };
	int n;

	do
		n = poll(polled, 2, -1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	n = sbi_receive(socket, rec, fd, 0);
	return n == -EAGAIN ? 0 : n;
}
