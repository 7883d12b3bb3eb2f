#!/usr/bin/python3
"""Counts a JUnit report, of Meson or of pytest: junit.py WHAT FILE

Prints `PASSED FAILED SKIPPED`, and names what failed on standard error. Meson writes one
test case for each line of a TAP test, and nothing about a TAP test that crashed, timed out
or left lines out; testlog.json beside the report tells of those, and each counts as one
more failure.
"""
import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

FAILED_TAGS = {'failure', 'error'}
FAILED_RESULTS = {'FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS'}


def outcome(case):
    tags = {child.tag for child in case}
    if tags & FAILED_TAGS:
        return 'failed'
    return 'skipped' if 'skipped' in tags else 'passed'


def program_of(name):
    """The test program in `project.suite / program`, `project.program`, `suite / program`."""
    return name.split(' / ')[-1] if ' / ' in name else name.split('.', 1)[-1]


def failed_programs(log):
    """Names of the test programs that Meson's own log calls failed."""
    if not log.is_file():
        return []
    tests = map(json.loads, log.read_text(encoding='utf-8').splitlines())
    return [program_of(t['name']) for t in tests if t['result'] in FAILED_RESULTS]


def main(what, file):
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    named = set()
    for case in ElementTree.parse(file).iter('testcase'):
        result = outcome(case)
        counts[result] += 1
        if result == 'failed':
            place, name = case.get('classname'), case.get('name')
            named |= {program_of(place), program_of(name)}
            print(f'FAILED: {what}: {place}: {name}', file=sys.stderr)
    for program in failed_programs(Path(file).with_name('testlog.json')):
        if program not in named:
            counts['failed'] += 1
            print(f'FAILED: {what}: {program} did not run to its end', file=sys.stderr)
    print(counts['passed'], counts['failed'], counts['skipped'])


if __name__ == '__main__':
    main(*sys.argv[1:])
