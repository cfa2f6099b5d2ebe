/* SPDX-License-Identifier: MIT */
/* -t: the caller's terminal in raw mode, connected to the master of the command's own. */
#include "sbx.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* What was read on one side and is not yet written on the other. */
struct buffer {
	char data[4096];
	size_t from, to;
};

struct terminal {
	sb_proc *proc;
	int master, peer, outer;
	int log; /* gets a copy of what the master says; -1 = none */
	bool input_open, output_open, master_open;
	bool raw;
	char last; /* byte of the input */
	struct buffer in, out;
	struct termios saved;
};

static bool outer_size(struct winsize *size)
{
	for (int fd = 0; fd < 3; fd++)
		if (ioctl(fd, TIOCGWINSZ, size) == 0)
			return true;
	return false;
}

void terminal_resize(int master)
{
	struct winsize size;

	if (outer_size(&size))
		ioctl(master, TIOCSWINSZ, &size);
}

int terminal_describe(sb_config *cfg)
{
	struct winsize size;
	int r = sb_set_tty(cfg, 1);

	if (r == 0 && outer_size(&size) && size.ws_row && size.ws_col)
		r = sb_set_tty_size(cfg, size.ws_row, size.ws_col);
	return r;
}

/* The inner terminal does what terminals do to keys and lines; the outer one must not do it once more. */
static void make_raw(struct terminal *term, bool input)
{
	struct termios raw;

	term->outer = input ? STDIN_FILENO : STDOUT_FILENO;
	if (tcgetattr(term->outer, &term->saved) < 0)
		return;
	raw = term->saved;
	if (input)
		cfmakeraw(&raw);
	else
		raw.c_oflag &= ~(tcflag_t)OPOST;
	term->raw = tcsetattr(term->outer, TCSADRAIN, &raw) == 0;
}

/* Return: NULL with errno set. */
struct terminal *terminal_open(sb_proc *proc, const struct run *run)
{
	struct terminal *term = calloc(1, sizeof(*term));
	int flags;

	if (!term)
		return NULL;
	term->proc = proc;
	term->master = sb_proc_tty(proc);
	flags = fcntl(term->master, F_GETFL);
	if (flags < 0 || fcntl(term->master, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(term);
		return NULL;
	}
	/* While one slave is open the master never hangs up, and a poll on it never spins. */
	term->peer = ioctl(term->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	term->input_open = run->interactive;
	term->log = streams_log_fd(run);
	term->output_open = term->master_open = true;
	term->last = '\n';
	terminal_resize(term->master);
	make_raw(term, run->interactive);
	return term;
}

static bool is_empty(const struct buffer *buffer)
{
	return buffer->from == buffer->to;
}

/* Only what we wait for: poll() reports a hang-up on the others, too, time and again. */
size_t terminal_poll(struct terminal *term, struct pollfd *fds)
{
	size_t n = 0;

	if (!term)
		return 0;
	if (term->input_open && is_empty(&term->in))
		fds[n++] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	if (term->master_open && is_empty(&term->out))
		fds[n++] = (struct pollfd){ term->master, POLLIN, 0 };
	if (term->master_open && !is_empty(&term->in))
		fds[n++] = (struct pollfd){ term->master, POLLOUT, 0 };
	if (!is_empty(&term->out))
		fds[n++] = (struct pollfd){ STDOUT_FILENO, POLLOUT, 0 };
	return n;
}

static bool is_transient(int error)
{
	return error == EAGAIN || error == EINTR;
}

static void read_input(struct terminal *term)
{
	ssize_t got = read(STDIN_FILENO, term->in.data, sizeof(term->in.data));

	if (got < 0 && is_transient(errno))
		return;
	term->in.from = 0;
	term->in.to = got > 0 ? (size_t)got : 0;
	if (got > 0) {
		term->last = term->in.data[got - 1];
		return;
	}
	/* The end of a pipe is ^D at a terminal; in the middle of a line the first one only ends that. */
	term->input_open = false;
	term->in.to = term->last == '\n' ? 1 : 2;
	memset(term->in.data, 'D' & 0x1f, term->in.to);
}

/* A log that takes no more is no reason to end a session. */
static void copy_to_log(struct terminal *term)
{
	for (size_t at = term->out.from; term->log >= 0 && at < term->out.to;) {
		ssize_t put = write(term->log, term->out.data + at, term->out.to - at);

		if (put > 0)
			at += (size_t)put;
		else if (put == 0 || !is_transient(errno))
			term->log = -1;
	}
}

static void read_master(struct terminal *term)
{
	ssize_t got = read(term->master, term->out.data, sizeof(term->out.data));

	if (got < 0 && is_transient(errno))
		return;
	term->out.from = 0;
	term->out.to = got > 0 ? (size_t)got : 0;
	term->master_open = got > 0;
	copy_to_log(term);
}

/* Return: false if @fd takes no more, ever. */
static bool write_some(int fd, struct buffer *buffer)
{
	ssize_t put = write(fd, buffer->data + buffer->from, buffer->to - buffer->from);

	if (put < 0)
		return is_transient(errno);
	buffer->from += (size_t)put;
	return true;
}

static void write_output(struct terminal *term)
{
	if (term->output_open && write_some(STDOUT_FILENO, &term->out))
		return;
	/* Nobody reads any more: as if the line had been cut. What follows is read and dropped. */
	if (term->output_open)
		sb_proc_signal(term->proc, SIGHUP);
	term->output_open = false;
	term->out.from = term->out.to;
}

void terminal_copy(struct terminal *term, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!fds[i].revents)
			continue;
		if (fds[i].fd == STDIN_FILENO)
			read_input(term);
		else if (fds[i].fd == STDOUT_FILENO)
			write_output(term);
		else if (fds[i].events == POLLIN)
			read_master(term);
		else if (!write_some(term->master, &term->in))
			term->in.from = term->in.to;
	}
}

void terminal_close(struct terminal *term)
{
	struct pollfd out = { STDOUT_FILENO, POLLOUT, 0 };

	if (!term)
		return;
	/* The sandbox is gone, so that what the master holds now is all there will be. */
	do {
		while (!is_empty(&term->out)) {
			if (poll(&out, 1, -1) > 0)
				write_output(term);
		}
		term->out.from = term->out.to = 0;
		if (term->master_open)
			read_master(term);
	} while (!is_empty(&term->out));
	if (term->raw)
		tcsetattr(term->outer, TCSADRAIN, &term->saved);
	if (term->peer >= 0)
		close(term->peer);
	free(term);
}
