/* SPDX-License-Identifier: MIT */
/* A sandbox with the program `attack` in it, for the tests that run it. */
#ifndef TESTS_ATTACK_CONFIG_H
#define TESTS_ATTACK_CONFIG_H

#include "../fixture.h"

/* The default config, with /attack as its command, and @args its arguments. */
static inline sb_config *attack_config_v(const char *const args[])
{
	sb_config *cfg = sb_config_new();
	const char *argv[64] = {"attack"};

	assert_non_null(cfg);
	fx_ok(sb_add_bind(cfg, fx_beside("attack"), "/attack", SB_MOUNT_RO));
	for (size_t i = 0; args[i] && i < 62; i++)
		argv[i + 1] = args[i];
	fx_ok(sb_set_command(cfg, "/attack", argv));
	return cfg;
}
#define attack_config(...) attack_config_v((const char *const[]){__VA_ARGS__, NULL})

/* "attack call WORD..." under @policy: a preset's name, or a text (with spaces or line ends in it). */
static inline sb_config *call_config_v(const char *policy, const char *const words[])
{
	const char *args[64] = {"call"};
	sb_config *cfg;

	for (size_t i = 0; words[i] && i < 62; i++)
		args[i + 1] = words[i];
	cfg = attack_config_v(args);
	if (strpbrk(policy, " \n"))
		fx_ok(sb_set_seccomp_text(cfg, policy, NULL));
	else
		fx_ok(sb_set_seccomp(cfg, policy));
	return cfg;
}
#define call_config(policy, ...) call_config_v(policy, (const char *const[]){__VA_ARGS__, NULL})

/* "WORDNUMBER,ARGS" ("call=39,"): a system call, for call_config(); in static memory, sixteen in turn. */
static inline const char *a_call(const char *word, long number, const char *args)
{
	static char text[16][256];
	static unsigned turn;
	char *p = text[turn++ % 16];

	snprintf(p, sizeof(text[0]), "%s%ld,%s", word, number, args);
	return p;
}

#endif
