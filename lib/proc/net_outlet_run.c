/* SPDX-License-Identifier: MIT */
/* pasta(1) and slirp4netns(1): how each is called, and how it says that the interface is there. */
#include "net_outlet_run.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sandbox/confine.h>
#include <sandbox/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "error.h"
#include "host/hints.h"
#include "proc_internal.h"

#define MOST_WORDS 20 /* of a command line without ports */
#define SLIRP_DNS "10.0.2.3"

/* A command line that grows; @failed when memory was short. */
struct line {
	char **words;
	size_t count, room;
	int failed;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	va_list args;

	if (line->failed || line->count + 1 >= line->room)
		return;
	va_start(args, format);
	if (vasprintf(&line->words[line->count], format, args) < 0)
		line->failed = 1;
	else
		line->count++;
	va_end(args);
}

static void line_init(struct line *line, size_t more)
{
	*line = (struct line){ .room = MOST_WORDS + more };
	line->words = calloc(line->room, sizeof(*line->words));
	line->failed = !line->words;
}

static void line_free(struct line *line)
{
	for (size_t i = 0; i < line->count; i++)
		free(line->words[i]);
	free(line->words);
}

/*
 * slirp4netns with --enable-sandbox takes mounts away: of the machine as well, where they are shared. So it
 * has a mount namespace of its own; which an ordinary user cannot give it, nor the id 0 that it wants in the
 * sandbox's user namespace. Then Landlock has to do, if there is any.
 */
static void confine_slirp(const struct sbi_outlet *outlet, const char *api, sb_config *cfg)
{
	static const struct {
		const char *path, *rights;
	} lines[] = {
		{ "/usr", "read execute" }, { "/lib", "read execute" }, { "/lib64", "read execute" },
		{ "/etc", "read" }, { "/run", "read" }, { "/dev/urandom", "read_file" },
		{ "/dev/net/tun", "read write ioctl" },
	};

	if (outlet->privileged) {
		sb_set_ns(cfg, SB_NS_MOUNT);
		sb_set_rootfs(cfg, "/", SB_MOUNT_DEV | SB_MOUNT_SUID);
		return;
	}
	sb_set_no_new_privs(cfg, 1);
	sb_set_landlock(cfg, "fs", "fs");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (access(lines[i].path, F_OK) == 0)
			sb_add_landlock_path(cfg, lines[i].path, lines[i].rights);
	if (api[0])
		sb_add_landlock_path(cfg, api, "make_sock");
}

/* The caller's own rights, all of them, and nothing else of his: no environment, no descriptors. */
static sb_config *describe(const struct sbi_outlet *outlet, const struct line *line, const char *api,
			   int words)
{
	sb_config *cfg = sb_config_new();

	if (!cfg || line->failed) {
		sb_config_free(cfg);
		return NULL;
	}
	sb_set_ns(cfg, 0);
	sb_set_user(cfg, geteuid(), getegid());
	sb_set_host_root(cfg, 1);
	sb_set_no_new_privs(cfg, 0);
	sb_add_cap(cfg, "all");
	sb_set_landlock(cfg, "none", NULL);
	sb_set_seccomp(cfg, "none");
	sb_set_command(cfg, outlet->path, (const char *const *)line->words);
	sb_set_fd(cfg, 2, words);
	if (outlet->kind == SBI_OUTLET_SLIRP)
		confine_slirp(outlet, api, cfg);
	return cfg;
}

/* Lines that say nothing of a failure: of pasta where there is no syslog, of slirp4netns always. */
static int is_noise(const char *line)
{
	return !line[0] || !strncmp(line, "Failed to send", 14) || !strncmp(line, "WARNING: Support", 16) ||
	       !strncmp(line, "sent tapfd", 10) || !strncmp(line, "received tapfd", 14);
}

/* What it has said, in one line. */
static void hear(const struct sbi_outlet *outlet, char *said, size_t len)
{
	char text[2048], *rest = text, *line;
	ssize_t n = read(outlet->words, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	said[0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (!is_noise(line))
			snprintf(said + strlen(said), len - strlen(said), "%s%s", said[0] ? "; " : ": ", line);
}

static int explain(struct sbi_outlet *outlet, const sb_result *res, sb_error *err)
{
	const char *name = sbi_outlet_name(outlet);
	char said[180];

	hear(outlet, said, sizeof(said));
	if (!res)
		sbi_fail(err, SB_STEP_OUTLET, 0, ETIMEDOUT, "%s has made no interface in %d seconds%s", name,
			 (int)(SBI_OUTLET_PATIENCE_NS / 1000000000), said);
	else
		sbi_fail(err, SB_STEP_OUTLET, 0, EIO, "%s ended with %s %d%s", name,
			 res->signaled ? "signal" : "status", res->code, said);
	if (outlet->kind == SBI_OUTLET_PASTA && strstr(said, "routable interface"))
		sbi_hint(err,
			 "pasta copies the interface with the default route; slirp4netns does without: sb_net_user(cfg, "
			 "\"slirp4netns\"), sbx run --network slirp");
	return res ? -EIO : -ETIMEDOUT;
}

static int no_pipe(sb_error *err)
{
	int code = errno;

	sbi_fail(err, SB_STEP_OUTLET, 0, code, "a pipe: %s", strerror(code));
	sbi_hint_limits(code, err);
	return -code;
}

/* @api: the directory of its socket, or "". @line is released. */
static int run(struct sbi_outlet *outlet, struct line *line, const char *api, const int fds[], int count,
	       sb_error *err)
{
	int pair[2] = { -EBADF, -EBADF }, r = 0;
	sb_config *cfg;

	/* Not blocking: nobody reads what it says as it goes on. */
	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK) < 0)
		r = no_pipe(err);
	outlet->words = pair[0];
	cfg = describe(outlet, line, api, pair[1]);
	if (r == 0 && !cfg)
		r = sbi_fail(err, SB_STEP_OUTLET, 0, ENOMEM, "not enough memory for %s",
			     sbi_outlet_name(outlet));
	for (int i = 0; r == 0 && i < count; i++)
		if (fds[i] >= 0)
			sb_set_fd(cfg, i, fds[i]);
	if (r == 0)
		r = sb_box_open(cfg, &outlet->box, err);
	if (r == 0)
		r = sb_box_spawn(outlet->box, cfg, &outlet->proc, err);
	sb_config_free(cfg);
	sbi_close_fd(&pair[1]);
	line_free(line);
	return r;
}

/* Its first process ends when everything is there, and the one that stays is sb-init's. */
static int pasta_is_ready(struct sbi_outlet *outlet, sb_error *err)
{
	sb_result res = SB_INIT(sb_result);
	int r = sb_proc_wait(outlet->proc, SBI_OUTLET_PATIENCE_NS, &res, err);

	if (r < 0)
		return r;
	if (r == 0 || res.signaled || res.code)
		return explain(outlet, r ? &res : NULL, err);
	outlet->proc = sb_proc_free(outlet->proc);
	return 0;
}

static void add_pasta_ports(struct line *line, const struct sbi_net *net)
{
	int any[2] = { 0, 0 };
	char host[SBI_ADDRESS_TEXT + 1];

	for (uint32_t i = 0; i < net->port_count; i++) {
		const struct sbi_net_port *port = &net->ports[i];
		int udp = port->protocol == IPPROTO_UDP;

		host[0] = '\0';
		if (port->host.family) {
			sbi_address_host_text(&port->host, host, sizeof(host) - 1);
			strcat(host, "/");
		}
		add(line, "%s", udp ? "-u" : "-t");
		add(line, "%s%u:%u", host, port->host_port, port->port);
		any[udp] = 1;
	}
	for (int udp = 0; udp < 2; udp++)
		if (!any[udp]) {
			add(line, "%s", udp ? "-u" : "-t");
			add(line, "none");
		}
}

int sbi_pasta_start(struct sbi_net *net, int userns, sb_error *err)
{
	struct sbi_outlet *outlet = net->outlet;
	int fds[2] = { net->netns, userns }, r; /* all but 0, 1 and 2 it closes */
	struct line line;

	line_init(&line, net->port_count * 2);
	add(&line, "pasta");
	add(&line, "--quiet");
	add(&line, "--config-net");
	add(&line, "--no-map-gw"); /* else the gateway is the host's loopback */
	add(&line, "--dns-forward");
	add(&line, SLIRP_DNS);
	add(&line, "--no-netns-quit"); /* it would watch the directory of the descriptor */
	add(&line, "--netns");
	add(&line, "/proc/self/fd/0");
	if (userns >= 0) {
		add(&line, "--userns");
		add(&line, "/proc/self/fd/1");
	}
	if (geteuid() == 0) { /* it would become nobody, who may not enter */
		add(&line, "--runas");
		add(&line, "0:0");
	}
	add(&line, "-T"); /* by itself it leads all ports of the host's loopback inside */
	add(&line, "none");
	add(&line, "-U");
	add(&line, "none");
	add_pasta_ports(&line, net);
	r = run(outlet, &line, "", fds, 2, err);
	return r == 0 ? pasta_is_ready(outlet, err) : r;
}

static int slirp_is_ready(struct sbi_outlet *outlet, int ready, sb_error *err)
{
	struct pollfd polled[2] = { { ready, POLLIN, 0 }, { sb_proc_fd(outlet->proc), POLLIN, 0 } };
	uint64_t until = sbi_now() + SBI_OUTLET_PATIENCE_NS, at;
	sb_result res = SB_INIT(sb_result);
	int r;

	while ((at = sbi_now()) < until) {
		if (poll(polled, 2, (int)((until - at) / 1000000) + 1) < 0 && errno != EINTR)
			return sbi_fail(err, SB_STEP_OUTLET, 0, errno, "waiting for slirp4netns: %s",
					strerror(errno));
		if (polled[0].revents & POLLIN)
			return 0;
		r = sb_proc_wait(outlet->proc, 0, &res, err);
		if (r != 0)
			return r < 0 ? r : explain(outlet, &res, err);
	}
	return explain(outlet, NULL, err);
}

static void slirp_line(const struct sbi_outlet *outlet, int userns, int api, struct line *line)
{
	line_init(line, 0);
	add(line, "slirp4netns");
	add(line, "--configure");
	add(line, "--mtu=65520");
	add(line, "--enable-ipv6");
	if (outlet->privileged)
		add(line, "--enable-sandbox");
	add(line, "--enable-seccomp");
	add(line, "--disable-host-loopback");
	add(line, "--ready-fd=4");
	add(line, "--exit-fd=5");
	if (api)
		add(line, "--api-socket=/proc/self/fd/6/api");
	if (userns >= 0)
		add(line, "--userns-path=/proc/self/fd/3");
	add(line, "--netns-type=path");
	add(line, "/proc/self/fd/7");
	add(line, "tap0");
}

int sbi_slirp_start(struct sbi_net *net, int userns, sb_error *err)
{
	struct sbi_slirp_socket sock = { .path = "", .dir = -EBADF };
	struct sbi_outlet *outlet = net->outlet;
	int ready[2], leave[2], r = 0;
	struct line line;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return no_pipe(err);
	if (pipe2(leave, O_CLOEXEC) < 0) {
		r = no_pipe(err);
		close(ready[0]);
		close(ready[1]);
		return r;
	}
	outlet->exit_fd = leave[1];
	if (net->port_count)
		r = sbi_slirp_socket_make(&sock, err);
	slirp_line(outlet, userns, sock.dir >= 0, &line);
	if (r == 0)
		r = run(outlet, &line, sock.path,
			(int[]){ -EBADF, -EBADF, -EBADF, userns, ready[1], leave[0], sock.dir, net->netns },
			8, err);
	else
		line_free(&line);
	close(ready[1]);
	close(leave[0]);
	if (r == 0)
		r = slirp_is_ready(outlet, ready[0], err);
	close(ready[0]);
	if (r == 0 && net->port_count)
		r = sbi_slirp_publish(&sock, net, err);
	sbi_slirp_socket_remove(&sock);
	return r;
}
