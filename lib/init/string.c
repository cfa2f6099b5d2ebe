/* SPDX-License-Identifier: MIT */
/* The few memory and text functions that the program and its compiler need. */
#include "init.h"

#if !__STDC_HOSTED__
/* gcc may call these four whatever the flags. */
void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memset(void *to, int c, size_t n)
{
	unsigned char *p = to;

	while (n--) {
		*p++ = (unsigned char)c;
		__asm__ volatile("" ::: "memory"); /* or it is compiled into a call of itself */
	}
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	unsigned char *p = to;
	const unsigned char *q = from;

	while (n--) {
		*p++ = *q++;
		__asm__ volatile("" ::: "memory");
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *p = to;
	const unsigned char *q = from;

	if (p < q)
		return memcpy(to, from, n);
	while (n--) {
		p[n] = q[n];
		__asm__ volatile("" ::: "memory");
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}
#endif

size_t text_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const char *text_after(const char *text, const char *key)
{
	for (size_t i = 0; *text && key[i]; text++)
		i = *text == key[i] ? i + 1 : 0;
	return text;
}

size_t text_number(char *out, uint64_t value)
{
	char digits[20];
	size_t n = 0, len;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (len = 0; n; len++)
		out[len] = digits[--n];
	out[len] = '\0';
	return len;
}
