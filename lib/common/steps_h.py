#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make <sandbox/steps.h> from steps.def: the numbers are public, the rest is not."""
import re
import sys

source, target = sys.argv[1:3]
steps = re.findall(r'^STEP\((\d+), (\w+), "(\w+)",\s*"([^"]*)"', open(source, encoding="utf-8").read(), re.M)
with open(target, "w", encoding="utf-8") as out:
    out.write("/* SPDX-License-Identifier: MIT */\n"
              "/* Made from lib/common/steps.def: the steps of a creation. Numbers are ABI. */\n"
              "#ifndef SANDBOX_STEPS_H\n#define SANDBOX_STEPS_H\n\n"
              "enum sb_step {\n\tSB_STEP_NONE = 0,\n")
    for number, name, _, sentence in steps:
        out.write(f"\tSB_STEP_{name} = {number}, /* {sentence} */\n")
    out.write("\tSB_STEP_LAST_ = 0x7fffffff /* keeps the type 32 bits wide */\n};\n\n#endif\n")
