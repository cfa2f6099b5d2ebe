/* SPDX-License-Identifier: MIT */
/* Skips as TAP wants them. */
#ifndef TESTS_FIXTURE_TAP_H
#define TESTS_FIXTURE_TAP_H

/** fx_tap_begin - from now on stdout goes through a filter, if the output is TAP. */
void fx_tap_begin(void);
/** fx_tap_reason - why the next test that is skipped is. */
void fx_tap_reason(const char *text);

#endif
