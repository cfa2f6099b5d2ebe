/* SPDX-License-Identifier: MIT */
/* sb-init as an ordinary program, for the sanitizers (-Dinit=hosted). */
void sb_init_main(void) __attribute__((noreturn));
const char *__asan_default_options(void);

/* Leaks are looked for through ptrace and /proc, which a sandbox may not have. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1:log_path=/dev/null";
}

int main(void)
{
	sb_init_main();
}
