/* SPDX-License-Identifier: MIT */
/* `run`: starts the command, passes on signals and terminal, waits, and turns the end into an exit code. */
#include "sbx.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* What one run holds open. */
struct session {
	struct run *run;
	FILE *report, *trace, *pid_file;
	int signal_fd;
	sb_proc *proc;
	struct terminal *term;
	struct id_maps maps;
};

static int print_plan(const sb_config *cfg)
{
	sb_error err = SB_INIT(sb_error);
	ssize_t len = sb_config_dump(cfg, NULL, 0, &err);
	AUTOFREE char *text = NULL;

	if (len >= 0)
		text = malloc((size_t)len + 1);
	if (text)
		len = sb_config_dump(cfg, text, (size_t)len + 1, &err);
	if (len < 0 || !text) {
		complain(len < 0 ? err.message : "out of memory", len < 0 ? err.hint : NULL);
		return EXIT_SBX;
	}
	fputs(text, stdout);
	return 0;
}

/* In one write, so that the command's own output does not come in between. */
static void print_trace_here(const struct run *run)
{
	AUTOFREE char *text = NULL;
	size_t len = 0;
	FILE *memory;

	memory = open_memstream(&text, &len);
	if (!memory)
		return;
	trace_text(memory, run->trace, wants_colour(STDERR_FILENO), run->explain);
	fclose(memory);
	fwrite(text, 1, len, stderr);
}

static int print_trace(struct session *session)
{
	const struct run *run = session->run;
	size_t len;
	int r;

	if (!run->trace)
		return 0;
	if (!session->trace) {
		print_trace_here(run);
		return 0;
	}
	len = strlen(run->trace_file);
	if (len > 5 && strcmp(run->trace_file + len - 5, ".json") == 0)
		trace_json(session->trace, run->trace);
	else
		trace_text(session->trace, run->trace, wants_colour(fileno(session->trace)), run->explain);
	r = output_close(session->trace, "--trace", run->trace_file);
	session->trace = NULL;
	return r;
}

/* Before the command is started: a report that cannot be written must not come up afterwards. */
static int session_open(struct session *session)
{
	const struct run *run = session->run;

	if (run->report_file) {
		session->report = output_open("--report", run->report_file);
		if (!session->report)
			return -EIO;
	}
	if (run->trace_file) {
		session->trace = output_open("--trace", run->trace_file);
		if (!session->trace)
			return -EIO;
	}
	if (run->pid_file) {
		session->pid_file = output_open("--pid-file", run->pid_file);
		if (!session->pid_file)
			return -EIO;
	}
	session->signal_fd = relay_open();
	if (session->signal_fd < 0)
		complain("no descriptor for signals", strerror(-session->signal_fd));
	return session->signal_fd;
}

static int report_to_file(struct session *session, const sb_result *res, const sb_error *err, int code)
{
	sb_stats stats = SB_INIT(sb_stats);
	FILE *to = session->report;

	if (!to)
		return code;
	session->report = NULL;
	if (res) {
		struct ending end = { session->run, session->proc, res, NULL, &session->maps };

		if (sb_proc_stats(session->proc, &stats, NULL) == 0)
			end.stats = &stats;
		report_result(to, &end, code);
	} else {
		report_failure(to, err, code);
	}
	return output_close(to, "--report", session->run->report_file) < 0 ? EXIT_SBX : code;
}

static int failed(struct session *session, const sb_error *err)
{
	int code = failure_code(err);

	if (print_trace(session) < 0)
		code = EXIT_SBX;
	complain(err->message, err->hint);
	return report_to_file(session, NULL, err, code);
}

static int give_up(sb_error *err, const char *what, int r)
{
	err->code = -r;
	snprintf(err->message, sizeof(err->message), "%s: %s", what, strerror(-r));
	return r;
}

/* Return: 1 when the command has ended, or -errno. */
static int supervise(struct session *session, sb_result *res, sb_error *err)
{
	struct pollfd fds[3 + TERMINAL_FDS];
	int tty = session->run->tty ? sb_proc_tty(session->proc) : -1;
	int proc_fd = sb_proc_fd(session->proc), notify_fd = sb_proc_notify_fd(session->proc);
	uint32_t told = 0;
	size_t terminal;
	int r = 0;

	if (proc_fd < 0)
		return give_up(err, "no descriptor to wait for the command", proc_fd);
	while (r == 0) {
		fds[0] = (struct pollfd){ session->signal_fd, POLLIN, 0 };
		fds[1] = (struct pollfd){ proc_fd, POLLIN, 0 };
		fds[2] = (struct pollfd){ notify_fd, POLLIN, 0 };
		terminal = terminal_poll(session->term, fds + 3);
		if (poll(fds, 3 + terminal, -1) < 0 && errno != EINTR)
			return give_up(err, "cannot wait", -errno);
		if (fds[0].revents)
			while (relay_signal(session->proc, session->signal_fd, tty))
				;
		if (fds[2].revents && !denied_answer(session->proc))
			notify_fd = -1;
		terminal_copy(session->term, fds + 3, terminal);
		if (fds[1].revents)
			r = sb_proc_process(session->proc, res, err);
		verdict_soft(session->run, session->proc, &told);
	}
	return r;
}

/* At once, and with the end of the line: who waits for the number has it then. */
static int print_pid(struct session *session)
{
	FILE *to = session->pid_file;

	if (!to)
		return 0;
	session->pid_file = NULL;
	fprintf(to, "%d\n", (int)sb_proc_pid(session->proc));
	return output_close(to, "--pid-file", session->run->pid_file);
}

/* It was started, and sbx cannot look after it any longer. */
static int lost(struct session *session, const sb_error *err)
{
	complain(err->message, err->hint);
	return report_to_file(session, NULL, err, EXIT_SBX);
}

static int started(struct session *session)
{
	sb_result res = SB_INIT(sb_result);
	sb_error err = SB_INIT(sb_error);
	bool output_failed;
	int code, r;

	if (session->report)
		id_maps_read(&session->maps, sb_proc_pid(session->proc));
	network_tell(session->run, session->proc);
	output_failed = print_pid(session) < 0;
	if (print_trace(session) < 0)
		output_failed = true;

	if (session->run->tty) {
		session->term = terminal_open(session->proc, session->run);
		if (!session->term) {
			give_up(&err, "no terminal", -errno);
			return lost(session, &err);
		}
	}
	r = supervise(session, &res, &err);
	terminal_close(session->term);
	if (r < 0)
		return lost(session, &err);
	denied_complain(session->proc, &res);
	if (streams_close(session->run, session->proc) < 0)
		output_failed = true;
	code = verdict_code(session->run, session->proc, &res);
	return report_to_file(session, &res, NULL, output_failed ? EXIT_SBX : code);
}

int run_command(struct run *run)
{
	struct session session = { .run = run, .signal_fd = -1 };
	sb_error err = SB_INIT(sb_error);
	int code = EXIT_SBX;

	if (run->dry_run)
		return print_plan(run->cfg);
	if (session_open(&session) >= 0) {
		if (sb_spawn(run->cfg, &session.proc, &err) < 0)
			code = failed(&session, &err);
		else
			code = started(&session);
	}
	sb_proc_free(session.proc);
	id_maps_free(&session.maps);
	if (session.report)
		fclose(session.report);
	if (session.trace)
		fclose(session.trace);
	if (session.pid_file)
		fclose(session.pid_file);
	if (session.signal_fd >= 0)
		close(session.signal_fd);
	return code;
}
