#!/usr/bin/env python3
"""Writes docs/processors.md from what the binary says of its processors.

    tools/processors-page.py [WEIR] >docs/processors.md      (default: build/host/weir)
"""
import json
import subprocess
import sys

HEAD = """# Processors

Made by `tools/processors-page.py` from the option tables; `weir describe TYPE` says the
same of one. Processors work on the logs of a pipeline in the order of its file, each on
what the one before has made. Keys of fields are matched letter for letter.

- What a processor cannot work on is counted, and told in the log at most every ten
  seconds with a sample, unless an option says otherwise; the log goes on as it is.
- Regular expressions are upstream's (RE2); look-around and back references work, too. A
  value on which an expression takes too long counts as one that does not match.
- A value becomes at most 4,096 fields, and a log at most 65,536 logs.
- Numbers are in the unit that stands beside them.

Upstream's configurations mean here what they mean there, but for what looks like a slip
and loses data: `desensitize` hides what `RegexContent` matches, wherever it stands behind
`RegexBegin`, and hides a whole value that it cannot search in time; wrong quotes in
`split_char` are a failure, not values under the next keys; `dict_map` makes no empty
field for a source that is not there; a time without a year is the latest up to now;
`split_log_string` counts positions over empty pieces, too. Members of
`parse_json_native` keep the text of their numbers. Cloud metadata (`appender`'s
`Platform`) is not asked for, and `string_replace` knows none of the references ``$` ``,
`$'`, `$+`, `$_`.

| type | what it does |
|---|---|
"""


def describe(weir):
    # Processors are built in: no plugin is needed.
    done = subprocess.run([weir, "describe", "--plugins", "/dev/stdin", "--format", "json"],
                          input="plugins:\n  common: []\n", capture_output=True, text=True,
                          check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return [one for one in json.loads(done.stdout) if one["section"] == "processors"]


def kind(option):
    """The type of an option, and what it may be."""
    words = option["type"].replace("_", " ")
    if option.get("unit"):
        words += f", {option['unit']}"
    if option.get("choices"):
        words = " or ".join(f"`{choice}`" if choice else '`""`' for choice in option["choices"])
    if option.get("min") is not None or option.get("max") is not None:
        words += f", {option.get('min', '')} to {option.get('max', '')}".rstrip()
    return words


def default(option):
    if option["required"]:
        return "required"
    text = option.get("default")
    if text is None:
        return ""
    return f"`{json.dumps(text)}`" if option["type"] in ("string", "enum") else f"`{text}`"


def rows(options, before=""):
    for option in options:
        name = f"{before}{option['name']}"
        help_text = (option.get("help") or "").replace("|", "\\|").replace("\n", " ")
        yield f"| `{name}` | {kind(option)} | {default(option)} | {help_text} |"
        if option.get("fields"):
            yield from rows(option["fields"], f"{name}." if option["type"] == "object" else f"{name}[].")


def page(processors):
    yield HEAD.rstrip()
    for one in processors:
        yield f"| [{one['type']}](#{one['type']}) | {one['description'].replace('|', chr(92) + '|')} |"
    for one in processors:
        yield f"\n## {one['type']}\n\n{one['description']}"
        if one["options"]:
            yield "\n| option | type | default | |\n|---|---|---|---|"
            yield from rows(one["options"])


if __name__ == "__main__":
    print("\n".join(page(describe(sys.argv[1] if len(sys.argv) > 1 else "build/host/weir"))))
