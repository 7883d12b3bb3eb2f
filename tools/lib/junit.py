#!/usr/bin/python3
"""Counts a JUnit report, of Meson or of pytest: junit.py WHAT FILE

Prints `PASSED FAILED SKIPPED`, and names what failed on standard error. Meson writes one
test case for each line of a TAP test. A suite that says it failed (it crashed or timed
out between two lines) without a failed case counts as one failure.
"""
import sys
import xml.etree.ElementTree as ElementTree

FAILED = ('failure', 'error')


def outcome(case):
    tags = {child.tag for child in case}
    if tags & set(FAILED):
        return 'failed'
    return 'skipped' if 'skipped' in tags else 'passed'


def main(what, file):
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    for suite in ElementTree.parse(file).iter('testsuite'):
        before = counts['failed']
        for case in suite.iter('testcase'):
            result = outcome(case)
            counts[result] += 1
            if result == 'failed':
                print(f'FAILED: {what}: {case.get("classname")}: {case.get("name")}', file=sys.stderr)
        said = sum(int(suite.get(name, 0)) for name in ('failures', 'errors'))
        if counts['failed'] == before and said > 0:
            counts['failed'] += 1
            print(f'FAILED: {what}: {suite.get("name")}', file=sys.stderr)
    print(counts['passed'], counts['failed'], counts['skipped'])


if __name__ == '__main__':
    main(*sys.argv[1:])
