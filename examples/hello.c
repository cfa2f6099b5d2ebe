/* SPDX-License-Identifier: MIT */
/* Runs `id` in a sandbox with nothing but the system's programs in it, and says how it ended. */
#include <sandbox/sandbox.h>
#include <stdio.h>

int main(void)
{
	sb_config *cfg = sb_config_new(); /* all namespaces, empty read-only root, no capabilities */
	sb_error err = SB_INIT(sb_error);
	sb_result res = SB_INIT(sb_result);
	sb_proc *proc = NULL;
	int r;

	sb_add_system_dirs(cfg); /* /usr, /bin, /lib…, read-only */
	sb_set_fd(cfg, 1, 1);    /* its standard output is ours */
	sb_set_command(cfg, "/usr/bin/id", NULL);

	r = sb_spawn(cfg, &proc, &err);
	if (r == 0)
		r = sb_proc_wait(proc, UINT64_MAX, &res, &err);
	if (r < 0)
		fprintf(stderr, "%s\n%s\n", err.message, err.hint);
	else
		printf("exit status %d after %.1f ms, set up in %.1f ms\n", res.code,
		       (double)res.wall_ns / 1e6, (double)res.setup_ns / 1e6);
	sb_proc_free(proc);
	sb_config_free(cfg);
	return r < 0 || res.verdict != SB_EXITED || res.code != 0;
}
