/* SPDX-License-Identifier: MIT */
/* The leak checks' own view of this process: one text, compared line by line. */
#ifndef TESTS_FIXTURE_STATE_H
#define TESTS_FIXTURE_STATE_H

/** fx_state_take - describe this process, a fact a line; to be freed. */
char *fx_state_take(int own_mounts);
/** fx_state_differs - print the lines that only one of both has; return their number. */
int fx_state_differs(const char *before, const char *after);
/** fx_kill_children - end and reap every child that is left, so that the next test starts clean. */
void fx_kill_children(void);

#endif
