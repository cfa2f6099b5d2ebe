/* SPDX-License-Identifier: MIT */
/* expected: runtime error */
#include <err.h>

int main(void)
{
	errx(3, "this is too hard \x1b[31mfor me");
}
