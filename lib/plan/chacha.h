/* SPDX-License-Identifier: MIT */
/* ChaCha20 (RFC 8439): one block of key stream. */
#ifndef SBI_CHACHA_H
#define SBI_CHACHA_H

#include <stdint.h>

#define SBI_CHACHA_KEY 32
#define SBI_CHACHA_BLOCK 64

static inline uint32_t sbi_chacha_rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static inline void sbi_chacha_quarter(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = sbi_chacha_rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = sbi_chacha_rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = sbi_chacha_rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = sbi_chacha_rotate(x[b] ^ x[c], 7);
}

/* Block number @counter of the stream of @key, with a nonce of zeros. */
static inline void sbi_chacha_block(const uint8_t key[SBI_CHACHA_KEY], uint32_t counter,
				    uint8_t out[SBI_CHACHA_BLOCK])
{
	uint32_t first[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, x[16];

	for (int i = 0; i < 8; i++)
		first[4 + i] = (uint32_t)key[4 * i] | (uint32_t)key[4 * i + 1] << 8 |
			       (uint32_t)key[4 * i + 2] << 16 | (uint32_t)key[4 * i + 3] << 24;
	first[12] = counter;
	for (int i = 0; i < 16; i++)
		x[i] = first[i];
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			sbi_chacha_quarter(x, i, 4 + i, 8 + i, 12 + i);
		for (int i = 0; i < 4; i++)
			sbi_chacha_quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 4; k++)
			out[4 * i + k] = (uint8_t)((x[i] + first[i]) >> (8 * k));
}

#endif
