/* SPDX-License-Identifier: MIT */
/* Calls that the policy killed for or logged: on stderr, and in the report. */
#include "calls.h"
#include "sbx.h"

#include <errno.h>
#include <inttypes.h>

static bool next_denied(const sb_proc *proc, uint32_t *at, sb_denied *denied)
{
	*denied = (sb_denied)SB_INIT(sb_denied);
	return sb_proc_denied(proc, (*at)++, denied) == 0;
}

/* "socket(2, 1, 0)"; addresses and flags read better in hex. */
static void call_text(const sb_denied *denied, char buf[256])
{
	unsigned count = call_args(denied->name);
	int n = snprintf(buf, 256, "%s(", denied->name);

	for (unsigned i = 0; i < count; i++)
		n += snprintf(buf + n, 256 - (size_t)n, denied->args[i] < 1024 ? "%s%" PRIu64 : "%s0x%" PRIx64,
			      i ? ", " : "", denied->args[i]);
	snprintf(buf + n, 256 - (size_t)n, ")");
}

void denied_complain(const sb_proc *proc, const sb_result *res)
{
	sb_denied denied;
	char call[256], text[320];

	for (uint32_t at = 0; next_denied(proc, &at, &denied);) {
		if (denied.action != SB_SECCOMP_KILL)
			continue;
		call_text(&denied, call);
		snprintf(text, sizeof(text), "%skilled for the system call %s",
			 res->verdict == SB_FILTERED ? "" : "a process of the command was ", call);
		complain(text, NULL);
	}
}

void denied_report(FILE *to, const sb_proc *proc)
{
	const char *comma = "";
	sb_denied denied;

	fputs(", \"denied\": [", to);
	for (uint32_t at = 0; next_denied(proc, &at, &denied);) {
		fprintf(to, "%s{\"call\": \"%s\", \"number\": %" PRIu32, comma, denied.name, denied.number);
		fprintf(to, ", \"action\": \"%s\", \"count\": %" PRIu64 ", \"args\": [",
			denied.action == SB_SECCOMP_KILL ? "kill" : "log", denied.count);
		for (unsigned i = 0; i < call_args(denied.name); i++)
			fprintf(to, "%s%" PRIu64, i ? ", " : "", denied.args[i]);
		fputs("]}", to);
		comma = ", ";
	}
	fputs("]", to);
}

bool denied_answer(sb_proc *proc)
{
	sb_notification call = SB_INIT(sb_notification);
	int r;

	while ((r = sb_notify_receive(proc, &call, NULL)) == 1)
		sb_notify_error(proc, &call, ENOSYS);
	return r == 0;
}
