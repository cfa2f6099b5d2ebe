/* SPDX-License-Identifier: MIT */
/* System calls of this machine by number and name, for what goes through all of them. */
#ifndef SBX_CALLS_H
#define SBX_CALLS_H

#include <stdbool.h>

#define CALL_NAME 40     /* room for the longest name and its NUL */
#define CALL_NUMBERS 512 /* native numbers are below */

/* The name of a number into @buf; false where there is none. */
bool call_name(unsigned number, char buf[CALL_NAME]);
/* The number of a name; -1 where this machine has no such call. */
int call_number(const char *name);

/* How many arguments a call has, 0 to 6. */
unsigned call_args(const char *name);

#endif
