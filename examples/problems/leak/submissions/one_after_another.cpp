/* SPDX-License-Identifier: MIT */
/* expected: wrong answer */
/* More questions than are allowed. */
#include <iostream>
#include <string>

int main()
{
	int n, at = 0;
	std::string answer = "wet";

	std::cin >> n;
	while (answer == "wet") {
		std::cout << "? " << ++at << std::endl;
		if (!(std::cin >> answer))
			return 0;
	}
	std::cout << "! " << at << std::endl;
}
