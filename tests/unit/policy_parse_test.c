// SPDX-License-Identifier: MIT
/* The language of policies, line by line: what is understood, and the words for what is not. */
#include "policy_kit.h"

struct bad {
	const char *text;
	int code;
	const char *message; /* from the line's number on */
};

static const struct bad actions[] = {
	{ "reed read", EINVAL,
	  "1: \"reed\" is not an action: allow, errno(NAME), log, trap, kill, notify; nor default, unknown, "
	  "foreign, group, include" },
	{ "allow read\n\n# why\nALLOW write", EINVAL,
	  "4: \"ALLOW\" is not an action: allow, errno(NAME), log, trap, kill, notify; "
	  "nor default, unknown, foreign, group, include" },
	{ "(allow) read", EINVAL, "1: an action expected, found \"(\"" },
	{ "  *", EINVAL, "1: an action expected, found \"*\"" },
	{ "\xc3\xa4", EINVAL, "1: an action expected, found \"?\"" },
	{ "\x01", EINVAL, "1: an action expected, found \"?\"" },
	{ "errno( read", EINVAL, "1: \"read\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno() read", EINVAL, "1: the name or number of an error expected, found \")\"" },
	{ "errno(", EINVAL, "1: the name or number of an error expected, found \"\"" },
	{ "errno(EPERM read", EINVAL, "1: \")\" expected, found \"read\"" },
	{ "errno(EPERM", EINVAL, "1: \")\" expected, found \"\"" },
	{ "errno(EFOO) read", EINVAL, "1: \"EFOO\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(eperm) read", EINVAL, "1: \"eperm\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(0) read", EINVAL, "1: \"0\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(4096) read", EINVAL, "1: \"4096\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(65537) read", EINVAL, "1: \"65537\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(99999999999999999999) read", EINVAL,
	  "1: \"99999999999999999999\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(-1) read", EINVAL, "1: \"-1\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(0x1) read", EINVAL, "1: \"0x1\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "errno(1x) read", EINVAL, "1: \"1x\" is not an error: a name like EPERM, or 1 to 4095" },
	{ "allow(EPERM) read", EINVAL, "1: the name of a system call expected, found \"(\"" },
};

static const struct bad names[] = {
	{ "allow", EINVAL, "1: no system call is named" },
	{ "allow # read", EINVAL, "1: no system call is named" },
	{ "allow if arg0 == 1", EINVAL, "1: no system call is named" },
	{ "allow reed", EINVAL, "1: \"reed\" is not a system call that is known here (?reed: if it is)" },
	{ "allow read write opne", EINVAL,
	  "1: \"opne\" is not a system call that is known here (?opne: if it is)" },
	{ "allow Read", EINVAL, "1: \"Read\" is not the name of a system call" },
	{ "allow 0", EINVAL, "1: \"0\" is not a system call that is known here (?0: if it is)" },
	{ "allow read, write", EINVAL, "1: the name of a system call expected, found \",\"" },
	{ "allow read == 1", EINVAL, "1: the name of a system call expected, found \"==\"" },
	{ "allow @nobody", EINVAL, "1: there is no group \"@nobody\"" },
	{ "allow @", EINVAL, "1: there is no group \"@\"" },
	/* What can be no name of a call is not one of another machine either. */
	{ "kill ?@io", EINVAL, "1: \"?@io\" is not the name of a system call" },
	{ "kill ?", EINVAL, "1: \"?\" is not the name of a system call" },
	{ "kill ??read", EINVAL, "1: \"??read\" is not the name of a system call" },
	{ "kill ?re-ad", EINVAL, "1: \"?re-ad\" is not the name of a system call" },
	{ "group @mine ?@io", EINVAL, "1: \"?@io\" is not the name of a system call" },
#ifdef __x86_64__
	{ "allow socketcall", EINVAL,
	  "1: this machine has no system call \"socketcall\" (?socketcall: if it has)" },
	{ "\nallow riscv_hwprobe", EINVAL, NULL },
#endif
};

static const struct bad settings[] = {
	{ "default", EINVAL, "1: an action expected after \"default\", found \"\"" },
	{ "default deny", EINVAL, "1: an action expected after \"default\", found \"deny\"" },
	{ "default = allow", EINVAL, "1: an action expected after \"default\", found \"=\"" },
	{ "default allow read", EINVAL, "1: \"read\" behind the action" },
	{ "default allow if arg0 == 1", EINVAL, "1: \"if\" behind the action" },
	{ "unknown errno(ENOSYS) x", EINVAL, "1: \"x\" behind the action" },
	{ "default allow\ndefault kill", EINVAL, "2: \"default\" was said before in this file" },
	{ "default allow\nunknown kill\ndefault allow", EINVAL, "3: \"default\" was said before in this file" },
	{ "foreign kill\nforeign kill", EINVAL, "2: \"foreign\" was said before in this file" },
	{ "default notify", EINVAL, "1: \"default\" cannot be \"notify\"" },
	{ "unknown notify", EINVAL, "1: \"unknown\" cannot be \"notify\"" },
	{ "unknown log", EINVAL, "1: \"unknown\" cannot be \"log\"" },
	{ "foreign log", EINVAL, "1: \"foreign\" cannot be \"log\"" },
	{ "foreign notify", EINVAL, "1: \"foreign\" cannot be \"notify\"" },
	{ "foreign errno(EFOO)", EINVAL, "1: \"EFOO\" is not an error: a name like EPERM, or 1 to 4095" },
};

#define HEAD "1: arg0 to arg5, long0 to long5 or cap expected, found "
static const struct bad conditions[] = {
	{ "allow read if", EINVAL, HEAD "\"\"" },
	{ "allow read if x == 1", EINVAL, HEAD "\"x\"" },
	{ "allow read if arg == 1", EINVAL, HEAD "\"arg\"" },
	{ "allow read if arg6 == 1", EINVAL, HEAD "\"arg6\"" },
	{ "allow read if arg00 == 1", EINVAL, HEAD "\"arg00\"" },
	{ "allow read if long6 == 1", EINVAL, HEAD "\"long6\"" },
	{ "allow read if long == 1", EINVAL, HEAD "\"long\"" },
	{ "allow read if 1 == arg0", EINVAL, HEAD "\"1\"" },
	{ "allow read if == 1", EINVAL, HEAD "\"==\"" },
	{ "allow read if arg0 == 1 and", EINVAL, HEAD "\"\"" },
	{ "allow read if arg0 == 1 and and arg1 == 1", EINVAL, HEAD "\"and\"" },
	{ "allow read if if arg0 == 1", EINVAL, HEAD "\"if\"" },
	{ "allow read if arg0", EINVAL, "1: ==, !=, <, <=, > or >= expected, found \"\"" },
	{ "allow read if arg0 = 1", EINVAL, "1: ==, !=, <, <=, > or >= expected, found \"=\"" },
	{ "allow read if arg0 =! 1", EINVAL, "1: ==, !=, <, <=, > or >= expected, found \"=\"" },
	{ "allow read if arg0 ! 1", EINVAL, "1: ==, !=, <, <=, > or >= expected, found \"!\"" },
	{ "allow read if arg0 AF_UNIX", EINVAL, "1: ==, !=, <, <=, > or >= expected, found \"AF_UNIX\"" },
	{ "allow read if arg0 & 1", EINVAL, "1: ==, !=, <, <=, > or >= expected, found \"\"" },
	{ "allow read if arg0 & == 1", EINVAL, "1: a number or the name of a constant expected, found \"==\"" },
	{ "allow read if arg0 ==", EINVAL, "1: a number or the name of a constant expected, found \"\"" },
	{ "allow read if arg0 == 1|", EINVAL, "1: a number or the name of a constant expected, found \"\"" },
	{ "allow read if arg0 == |1", EINVAL, "1: a number or the name of a constant expected, found \"|\"" },
	{ "allow read if arg0 == AF_NOTHING", EINVAL,
	  "1: \"AF_NOTHING\" is not a constant that is known here: give its number" },
	{ "allow read if arg0 == -1", EINVAL,
	  "1: \"-1\" is not a constant that is known here: give its number" },
	{ "allow read if arg0 == 0x", EINVAL, "1: \"0x\" is not a number of at most 64 bits" },
	{ "allow read if arg0 == 08", EINVAL, "1: \"08\" is not a number of at most 64 bits" },
	{ "allow read if arg0 == 1k", EINVAL, "1: \"1k\" is not a number of at most 64 bits" },
	{ "allow read if long0 == 18446744073709551616", EINVAL,
	  "1: \"18446744073709551616\" is not a number of at most 64 bits" },
	{ "allow read if long0 == 0x10000000000000000", EINVAL,
	  "1: \"0x10000000000000000\" is not a number of at most 64 bits" },
	{ "allow read if arg3 == 0x100000000", EINVAL,
	  "1: arg3 is the lower 32 bits of the argument; all 64 are long3" },
	{ "allow read if arg2 & 0x1ffffffff == 1", EINVAL,
	  "1: arg2 is the lower 32 bits of the argument; all 64 are long2" },
	{ "allow read if arg0 & 0xf == 0x10", EINVAL,
	  "1: this can never hold or always does: the value has bits that the mask lacks" },
	{ "allow read if long0 & 0xf0 > 0xff", EINVAL,
	  "1: this can never hold or always does: the value has bits that the mask lacks" },
	{ "allow read if cap", EINVAL, "1: the name of a capability expected, found \"\"" },
	{ "allow read if cap == 1", EINVAL, "1: the name of a capability expected, found \"==\"" },
	{ "allow read if cap root", EINVAL, "1: \"root\" is not a capability" },
	{ "allow read if cap chown and cap kill", EINVAL, "1: a line can depend on one capability only" },
	{ "allow read if arg0 == 1 or arg0 == 2", EINVAL,
	  "1: \"and\" or the end of the line expected, found \"or\"" },
	{ "allow read if arg0 == 1 2", EINVAL, "1: \"and\" or the end of the line expected, found \"2\"" },
	{ "allow read if arg0 == 1, arg1 == 2", EINVAL,
	  "1: \"and\" or the end of the line expected, found \",\"" },
	{ "allow read if cap chown kill", EINVAL,
	  "1: \"and\" or the end of the line expected, found \"kill\"" },
};

static void each(const struct bad *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sb_config *cfg = sb_config_new();

		if (list[i].message) {
			kit_bad_text(list[i].text, list[i].code, list[i].message);
		} else if (sb_set_seccomp_text(cfg, list[i].text, NULL) != -list[i].code) {
			fail_msg("taken: %s", list[i].text);
		}
		sb_config_free(cfg);
	}
}

static void an_action_comes_first(void **state)
{
	(void)state;
	each(actions, COUNT(actions));
}

static void names_are_known(void **state)
{
	(void)state;
	each(names, COUNT(names));
}

static void settings_are_said_once(void **state)
{
	(void)state;
	each(settings, COUNT(settings));
}

static void conditions_are_complete(void **state)
{
	(void)state;
	each(conditions, COUNT(conditions));
}

static void contradictions_are_found(void **state)
{
	static const struct bad list[] = {
		{ "allow read\nerrno read", EINVAL, "2: line 1 says something else of the same call" },
		{ "allow read write\n\n#\nkill getpid write", EINVAL,
		  "4: line 1 says something else of the same call" },
		{ "errno(EPERM) read\nerrno(EACCES) read", EINVAL,
		  "2: line 1 says something else of the same call" },
		{ "allow read if arg0 == 1\nkill read if arg0 == 1", EINVAL,
		  "2: line 1 says something else of the same call" },
		{ "allow read if arg0 == 0x1\nkill read if arg0 & 0xffffffff == 01", EINVAL,
		  "2: line 1 says something else of the same call" },
		{ "allow read if cap chown\nkill read if cap cap_chown", EINVAL,
		  "2: line 1 says something else of the same call" },
		{ "allow read\nallow read if arg0 == 1\nallow write\nkill read", EINVAL,
		  "4: line 1 says something else of the same call" },
		{ "include default\nallow ptrace\nkill ptrace", EINVAL,
		  "3: line 2 says something else of the same call" },
		{ "allow read\nkill ?read", EINVAL, "2: line 1 says something else of the same call" },
		{ "allow read\nkill @io\nkill read", EINVAL, "3: line 1 says something else of the same call" },
	};
	/* The same twice, another condition, a group refined: none of these contradict each other. */
	static const char *const good[] = {
		"allow read\nallow read",
		"errno read\nerrno(EPERM) read",
		"errno(EWOULDBLOCK) read\nerrno(EAGAIN) read",
		"allow read\nkill read if arg0 == 1",
		"allow read if arg0 == 1\nkill read if long0 == 1",
		"allow read if arg0 == 1\nkill read if arg1 == 1",
		"allow read if arg0 == 1\nkill read if arg0 != 1",
		"allow read if arg0 == 1\nkill read if arg0 == 1 and cap chown",
		"allow @io\nkill read",
		"kill read\nallow @io",
		"allow @io\nkill @io",
		"include default\nkill read",
	};

	(void)state;
	each(list, COUNT(list));
	for (size_t i = 0; i < COUNT(good); i++)
		sbi_filter_unref(kit_text(good[i]));
}

static void layout_does_not_matter(void **state)
{
	static const char *const same[] = {
		"kill read write if arg0 == 5",
		"kill read write if arg0 == 5\n",
		"\n\n  kill   read\twrite   if arg0==5   # because\n\n",
		"kill read write if arg0 == 5\r\n",
		"\r\n\tkill read write if arg0==0x5\r\n\r\n",
		"kill\tread\twrite\tif\targ0\t==\t05",
		"kill read if arg0 == 5\nkill write if arg0 == 5#kill getpid",
		"kill read write if arg0&0xffffffff==5|4|1",
		"#\nkill write read if arg0 == 5\n#",
	};
	uint64_t five[6] = { 5 }, six[6] = { 6 };

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		struct sbi_filter *filter = kit_text(same[i]);

		assert_int_equal(kit_native(filter, __NR_read, five), KILL);
		assert_int_equal(kit_native(filter, __NR_write, five), KILL);
		assert_int_equal(kit_native(filter, __NR_write, six), E(EPERM));
		assert_int_equal(kit_native(filter, __NR_getpid, five), E(EPERM));
		sbi_filter_unref(filter);
	}
}

static void lines_are_counted_whatever_ends_them(void **state)
{
	(void)state;
	kit_bad_text("allow read\r\n\r\nallow reed\r\n", EINVAL,
		     "3: \"reed\" is not a system call that is known here (?reed: if it is)");
	kit_bad_text("\n\n\n\n\n\n\n\n\n\n\nx", EINVAL,
		     "12: \"x\" is not an action: allow, errno(NAME), log, trap, kill, notify; nor default, unknown, foreign, group, "
		     "include");
}

static void what_is_too_long(void **state)
{
	static char text[(1 << 20) + 16];
	char word[300];

	(void)state;
	memset(word, 'a', sizeof(word));
	word[299] = '\0';
	snprintf(text, sizeof(text), "allow %.126s", word);
	kit_bad_text(
		text, EINVAL,
		"1: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" is not a system call that is known here "
		"(?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: if it is)");
	snprintf(text, sizeof(text), "allow %.128s", word);
	kit_bad_text(
		text, EINVAL,
		"1: the name of a system call expected, found \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
	snprintf(text, sizeof(text), "group @%.30s read\nallow @%.30s", word, word);
	sbi_filter_unref(kit_text(text));
	snprintf(text, sizeof(text), "group @%.31s read", word);
	kit_bad_text(text, EINVAL, "1: a group is called @ and at most 30 characters, not "
		     "\"@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
	memset(text, '\n', sizeof(text));
	text[(1 << 20) - 1] = '\0';
	sbi_filter_unref(kit_text(text));
	text[(1 << 20) - 1] = '\n';
	text[1 << 20] = '\0';
	kit_bad_text(text, E2BIG, "0: more than 1048575 bytes");
}

static void one_line_has_so_many_comparisons(void **state)
{
	char text[4096];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < SBI_POLICY_COMPARES; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s arg%d > %d",
					i ? " and" : "\nallow read if", i % 6, i);
	sbi_filter_unref(kit_text(text));
	snprintf(text + len, sizeof(text) - len, " and cap chown");
	sbi_filter_unref(kit_text(text));
	snprintf(text + len, sizeof(text) - len, " and arg0 == 1");
	kit_bad_text(text, E2BIG, "2: more than 32 comparisons");
}

static void a_name_in_front_of_every_error(void **state)
{
	sb_config *cfg = sb_config_new();
	char name[201];

	(void)state;
	assert_int_equal(sb_set_seccomp_text(cfg, "x", NULL), -EINVAL);
	assert_ptr_equal(strstr(kit_error(cfg)->message, "sb_set_seccomp_text: policy:1: \"x\""),
			 kit_error(cfg)->message);
	sb_config_free(cfg);
	memset(name, 'n', 200);
	name[200] = '\0';
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp_text(cfg, "x", name), -EINVAL);
	assert_non_null(strstr(kit_error(cfg)->message, "nnn:1: \"x\" is not an action"));
	sb_config_free(cfg);
	cfg = sb_config_new();
	assert_int_equal(sb_set_seccomp_text(cfg, "x", "two\nlines\x1b[31m"), -EINVAL);
	assert_non_null(strstr(kit_error(cfg)->message, "two?lines?[31m:1:"));
	sb_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_action_comes_first),
		cmocka_unit_test(names_are_known),
		cmocka_unit_test(settings_are_said_once),
		cmocka_unit_test(conditions_are_complete),
		cmocka_unit_test(contradictions_are_found),
		cmocka_unit_test(layout_does_not_matter),
		cmocka_unit_test(lines_are_counted_whatever_ends_them),
		cmocka_unit_test(what_is_too_long),
		cmocka_unit_test(one_line_has_so_many_comparisons),
		cmocka_unit_test(a_name_in_front_of_every_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
