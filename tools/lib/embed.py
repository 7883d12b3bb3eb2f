#!/usr/bin/env python3
"""Writes a C table of files: embed.py OUTPUT ROOT FILE... (see tools/kit/template.h)."""
import pathlib
import sys


def main(output, root, *files):
    lines = ['#include "kit/template.h"\n']
    rows = []
    for number, name in enumerate(sorted(files)):
        data = pathlib.Path(name).read_bytes()
        numbers = ",".join(map(str, data))
        lines.append(f"static const unsigned char file_{number}[] = {{{numbers}}};\n")
        path = pathlib.Path(name).resolve().relative_to(root).as_posix()
        rows.append(f'    {{"{path}", file_{number}, sizeof file_{number}}},\n')
    lines += ["const struct template_file template_files[] = {\n", *rows, "    {0},\n};\n"]
    pathlib.Path(output).write_text("".join(lines), encoding="ascii")


main(*sys.argv[1:])
