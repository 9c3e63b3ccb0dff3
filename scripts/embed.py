#!/usr/bin/env python3
"""Writes a C file that holds files as bytes. usage: embed.py OUTPUT NAME FILE [NAME FILE ...]

Each becomes `const struct embedded_file embedded_<NAME>`, declared in base/embedded.h.
"""
import sys


def main():
    output, pairs = sys.argv[1], sys.argv[2:]
    lines = ['#include "base/embedded.h"', ""]
    for name, path in zip(pairs[::2], pairs[1::2]):
        with open(path, "rb") as file:
            data = file.read()
        lines.append(f"static const unsigned char bytes_{name}[] = {{")
        for at in range(0, len(data), 20):
            lines.append("    " + ",".join(str(byte) for byte in data[at:at + 20]) + ",")
        if not data:
            lines.append("    0, /* C has no empty array */")
        lines.append("};")
        lines.append(f"const struct embedded_file embedded_{name} = {{ bytes_{name}, {len(data)} }};")
    with open(output, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


main()
