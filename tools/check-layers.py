#!/usr/bin/python3
"""Checks that every #include in host/ points downwards, and that sdk/ and flushers/
include nothing of host/.

  check-layers.py [ROOT]        reports each wrong include as file:line; exit 1 if any
  check-layers.py --self-test   plants wrong includes in a copy and expects each reported
"""
import re
import shutil
import sys
import tempfile
from pathlib import Path

# Folder of host/: what it may include besides itself, bottom to top. main.c may see all.
SEES = {
    'base': '',
    'event': 'base',
    'config': 'base event',
    'plugin': 'base event config',
    'input': 'base event config',
    'process': 'base event config',
    'aggregate': 'base event config',
    'delivery': 'base event config plugin',
    'pipeline': 'base event config plugin input process aggregate delivery',
    'app': 'base event config plugin input process aggregate delivery pipeline',
    'admin': 'base event config delivery app',
    'cli': 'base event config plugin app admin pipeline input process aggregate',
}
OUTSIDE = ('sdk', 'flushers')  # built without any path to host/
INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')


def includes(path):
    """Each quoted include of a file, with its line number."""
    lines = path.read_text(encoding='utf-8', errors='replace').splitlines()
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1]


def sources(folder):
    return sorted(p for p in folder.rglob('*') if p.suffix in ('.c', '.h', '.cc', '.cpp'))


def target_folder(host, path, name):
    """The folder of host/ that an include names; None if it is not in host/."""
    beside = (path.parent / name).resolve()
    for found in (beside, (host / name).resolve()):
        if found.is_file() and host in found.parents:
            return found.relative_to(host).parts[0]
    # A header that does not exist (yet) still says by its first word where it belongs.
    first = name.split('/')[0]
    return first if '/' in name and first in SEES else None


def wrong_in_host(host):
    for path in sources(host):
        parts = path.relative_to(host).parts
        if len(parts) == 1:
            continue
        folder = parts[0]
        if folder not in SEES:
            yield path, 1, f'host/{folder}/ has no place among the layers (tools/check-layers.py)'
            continue
        allowed = {folder, *SEES[folder].split()}
        for number, name in includes(path):
            target = target_folder(host, path, name)
            if target is not None and target not in allowed:
                yield path, number, f'{folder}/ may not include {target}/'


def wrong_outside(root, host):
    for top in OUTSIDE:
        for path in sources(root / top):
            for number, name in includes(path):
                own = (path.parent / name).is_file() and host not in (
                    path.parent / name).resolve().parents
                if not own and target_folder(host, path, name) is not None:
                    yield path, number, f'{top}/ may not include host/ ({name})'


def findings(root):
    root = root.resolve()
    host = root / 'host'
    for path, number, text in [*wrong_in_host(host), *wrong_outside(root, host)]:
        yield f'{path.relative_to(root)}:{number}: {text}'


# What --self-test plants: file, include line, words of the finding.
PLANTED = (
    ('host/event/planted.c', '#include "delivery/planted.h"', 'event/ may not include delivery/'),
    ('host/base/planted.c', '# include "../app/planted.h"', 'base/ may not include app/'),
    ('host/input/planted.c', '#include "process/planted.h"', 'input/ may not include process/'),
    ('host/config/planted.h', '#include "plugin/planted.h"', 'config/ may not include plugin/'),
    ('host/stray/planted.c', '#include "base/planted.h"', 'host/stray/ has no place'),
    ('sdk/planted.c', '#include "base/planted.h"', 'sdk/ may not include host/'),
    ('flushers/x/planted.c', '#include "../../host/base/planted.h"', 'flushers/ may not include'),
)
ALLOWED = (
    ('host/delivery/fine.c', '#include "plugin/planted.h"\n#include <weir/flusher.h>'),
    ('host/fine.c', '#include "cli/planted.h"'),
    ('flushers/x/fine.c', '#include "own.h"'),
)


def self_test(root):
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for top in ('host', *OUTSIDE):
            (copy / top).mkdir()
            if (root / top).is_dir():
                shutil.copytree(root / top, copy / top, dirs_exist_ok=True)
        for folder in SEES:
            (copy / 'host' / folder).mkdir(exist_ok=True)
            (copy / 'host' / folder / 'planted.h').touch()
        before = set(findings(copy))
        for file, text, *_ in PLANTED + ALLOWED:
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            (copy / file).write_text(text + '\n', encoding='utf-8')
        found = set(findings(copy)) - before
    missed = [file for file, _, words in PLANTED
              if not any(line.startswith(file) and words in line for line in found)]
    for file in missed:
        print(f'self-test: the include planted in {file} was not reported')
    if len(found) != len(PLANTED):
        print('self-test: expected', len(PLANTED), 'findings, got:', *sorted(found), sep='\n  ')
    return 0 if not missed and len(found) == len(PLANTED) else 1


def main(arguments):
    here = Path(__file__).resolve().parent.parent
    if arguments == ['--self-test']:
        return self_test(here)
    if len(arguments) > 1 or any(a.startswith('-') for a in arguments):
        print(__doc__, file=sys.stderr)
        return 64
    wrong = list(findings(Path(arguments[0]) if arguments else here))
    print(*wrong, sep='\n', end='\n' if wrong else '')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
