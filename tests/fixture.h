/* SPDX-License-Identifier: MIT */
/* What the tests share: leak checks around every test, and short ways to run a sandbox and read it. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

/* cmocka.h does not include what it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sandbox/sandbox.h>

/* As whom the tests run; decides what may be expected. */
#define FX_ROOT 1   /* uid 0 of the machine                        */
#define FX_USER 2   /* an ordinary user                            */
#define FX_USERNS 3 /* uid 0 of a user namespace: `unshare -r`     */

/** fx_begin - once, first in main(): own mount namespace, no inherited descriptors, plain signals. */
void fx_begin(void);
/** fx_who - FX_ROOT, FX_USER or FX_USERNS. */
int fx_who(void);
/**
 * fx_setup, fx_teardown - around every live test
 *
 * The teardown fails the test, and names what is different, if a descriptor, child, mount or
 * thread was left, or if the signals, cwd, umask, dumpable flag, credentials, limits or
 * environment of this process were changed.
 */
int fx_setup(void **state);
int fx_teardown(void **state);
#define FX_TEST(f) FX_TEST_IF("", f)
/* A test that is skipped unless all of @needs, names of fx_need() with spaces between, are there. */
#define FX_TEST_IF(needs, f)                                             \
	{                                                                \
#f, fx_test_if, fx_setup, fx_teardown, &(struct fx_case) \
		{                                                        \
			f, needs                                         \
		}                                                        \
	}
struct fx_case {
	void (*test)(void **state);
	const char *needs;
};
void fx_test_if(void **state);

/**
 * fx_need - skip the test, and say why, unless the machine and the caller can do @what
 *
 * "root", "user", "privilege" (root, also of a user namespace), "ns.time", "overlay", "idmap", "newuidmap",
 * "keyring", "mqueue", "ptrace"; and "sandbox", which every FX_TEST() needs: namespaces can be made at all.
 */
void fx_need(const char *what);
/** fx_skip - skip the test and say why. Whoever calls it holds nothing any more. */
void fx_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/** fx_inside - path of the static program `inside`, to be bound into sandboxes. */
const char *fx_inside(void);
/** fx_beside - path of another program that was built into the same directory, in static memory. */
const char *fx_beside(const char *program);
/** fx_tmp - a directory of this test, 0755, removed after it. */
const char *fx_tmp(void);
/** fx_path - "TMP/name" in static memory (sixteen in turn). */
const char *fx_path(const char *name);
/** fx_write, fx_mkdir - make a file or a directory below fx_tmp(); return its path as fx_path(). */
const char *fx_write(const char *name, const char *text);
const char *fx_mkdir(const char *name);
/**
 * fx_mount, fx_umount - make a directory below fx_tmp() and mount a tmpfs on it, without flags
 *
 * fx_tmp() itself may be on a tmpfs, and mounted with nosuid, nodev and the like.
 */
const char *fx_mount(const char *name, const char *options);
void fx_umount(const char *name);

/** fx_config - the default config, `inside` bound at /inside, and "inside" + the arguments as command. */
sb_config *fx_config_v(const char *const args[]);
#define fx_config(...) fx_config_v((const char *const[]){__VA_ARGS__, NULL})
/** fx_command - replace the arguments of `inside`. */
void fx_command_v(sb_config *cfg, const char *const args[]);
#define fx_command(cfg, ...) fx_command_v(cfg, (const char *const[]){__VA_ARGS__, NULL})

/** fx_spawn - spawn, or fail the test with the library's own words. */
sb_proc *fx_spawn(const sb_config *cfg);
/** fx_wait - wait for ever and free; fails the test if that fails. */
void fx_wait(sb_proc *proc, sb_result *res);
/** fx_run - spawn with stdout captured in @buf (cut at @len - 1), wait, free. @cfg's fd 1 is changed. */
void fx_run(sb_config *cfg, char *buf, size_t len, sb_result *res);
/** fx_output - fx_run() that expects exit status 0, frees @cfg and returns the text in static memory. */
const char *fx_output(sb_config *cfg);
/** fx_refused - spawn must fail with @code; frees @cfg; the error in static memory. */
const sb_error *fx_refused(sb_config *cfg, int code);
/** fx_get - value of the first line "KEY=value" of @text in static memory (eight in turn), or NULL. */
const char *fx_get(const char *text, const char *key);

/**
 * fx_in_child - run @part in a forked child; it answers NULL, "skip: why", or what is wrong
 */
void fx_in_child(const char *(*part)(void));
/** fx_drop_cap - root gives up a capability for itself and what it executes. Return: 0 or -errno. */
int fx_drop_cap(int cap);
/** fx_judge - spawn must fail with @code at @step, and the hint contain @hint: NULL, or what is wrong. */
const char *fx_judge(sb_config *cfg, int code, const char *step, const char *hint);

#define fx_ok(call) assert_int_equal((call), 0)
#define fx_is(text, key, value) fx_is_at(text, key, value, __FILE__, __LINE__)
void fx_is_at(const char *text, const char *key, const char *value, const char *file, int line);
/** fx_has - @text contains @part. */
#define fx_has(text, part) fx_has_at(text, part, 1, __FILE__, __LINE__)
#define fx_has_not(text, part) fx_has_at(text, part, 0, __FILE__, __LINE__)
void fx_has_at(const char *text, const char *part, int want, const char *file, int line);

#endif
