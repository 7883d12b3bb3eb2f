#!/usr/bin/env python3
"""Writes the manual page of a program from what it says with --help.

    man-page.py PROGRAM VERSION FRAME >PAGE

FRAME has what help does not say (files, environment, signals). A help text is: usage lines,
what the command does; a blank line; options, each with its words beside it; a blank line; an
example; a blank line; exit codes. A text of any other form ends this with an error, so that
nothing is left out of the page unseen.
"""
import pathlib
import re
import subprocess
import sys
import textwrap

DATE = "2026-11-27"  # when the form of the page was made


def escape(text):
    """One line of text as it is; `x` is bold."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    return "\\&" + text if text.startswith(".") else text


def fill(text):
    """The same for sentences, in lines that are not too long."""
    lines = textwrap.wrap(escape(text), 78, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + line if line.startswith(".") else line for line in lines)


def help_of(program, *command):
    done = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\n").split("\n")


class Strange(Exception):
    """A help text of another form."""


def take_usage(lines):
    usage = []
    while lines and (lines[0].startswith("Usage: ") or lines[0].startswith("       ")):
        usage.append(lines.pop(0)[7:].strip())
    if not usage:
        raise Strange("there is no usage")
    return usage


def take_text(lines):
    """Up to a blank line."""
    text = []
    while lines and lines[0]:
        if lines[0].startswith(" "):
            raise Strange(f"not a sentence: {lines[0]}")
        text.append(lines.pop(0))
    del lines[:1]
    return " ".join(text)


def take_items(lines):
    """[(what, words)] of lines `  what   words`, continued further in."""
    items = []
    while lines and lines[0]:
        line = lines.pop(0)
        begin = re.fullmatch(r"  (\S.*?)  +(\S.*)", line)
        if begin:
            items.append([begin[1], begin[2]])
        elif items and line.startswith(" " * 8):
            items[-1][1] += " " + line.strip()
        else:
            raise Strange(f"not an option: {line}")
    del lines[:1]
    return items


def option_head(what):
    """--plugins FILE, with the option bold and its value in italics."""
    parts = re.split(r"([\s\[\]=,]+)", what)
    return "".join(
        f"\\fB{escape(part)}\\fR" if part.startswith("-") else
        f"\\fI{escape(part)}\\fR" if i % 2 == 0 and part else part
        for i, part in enumerate(parts))


def put_example(lines, out):
    example = take_text(lines)
    if not example.startswith("Example: "):
        raise Strange(f"not an example: {example}")
    words, sep, more = example.removeprefix("Example: ").partition(" `")
    out += [".PP", "Example:", ".PP", ".RS", ".EX", escape(words), ".EE", ".RE"]
    return sep + more


def put_command(name, command, lines, out):
    usage = take_usage(lines)
    if any(not line.startswith(f"{name} {command}") for line in usage):
        raise Strange(f"usage of another command: {usage}")
    out += [f".SS {escape(name)} {escape(command)}", ".nf", *map(escape, usage), ".fi", ".PP",
            fill(take_text(lines))]
    if lines and lines[0].startswith("  "):
        for what, words in take_items(lines):
            out += [".TP", option_head(what), fill(words)]
    if put_example(lines, out):
        raise Strange("more than an example")
    codes = take_text(lines)
    if codes:
        if not codes.startswith("Exit codes: "):
            raise Strange(f"not exit codes: {codes}")
        out += [".PP", fill(codes)]
    if lines:
        raise Strange(f"more than there should be: {lines[0]}")


def page(program, version, frame):
    name = pathlib.Path(program).name
    lines = help_of(program)
    usage, text, commands = take_usage(lines), take_text(lines), take_items(lines)
    title = text.rstrip(".")
    out = [f".TH {name.upper()} 1 {DATE} \"Weir {version}\" \"User Commands\"",
           ".SH NAME", f"{escape(name)} \\- {escape(title[0].lower() + title[1:])}",
           ".SH SYNOPSIS", ".nf", *map(escape, usage), escape(f"{name} --version"), ".fi",
           ".SH DESCRIPTION", fill(text)]
    for command, words in commands:
        out += [".TP", f"\\fB{escape(command)}\\fR", fill(words)]
    put_example(lines, out)
    out.append(".SH COMMANDS")
    for command, _ in commands:
        put_command(name, command, help_of(program, command), out)
    return "\n".join(out) + "\n" + frame


def main(program, version, frame):
    try:
        sys.stdout.write(page(program, version, pathlib.Path(frame).read_text(encoding="utf-8")))
    except Strange as error:
        sys.exit(f"man-page.py: the help of {program}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
