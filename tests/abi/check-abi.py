#!/usr/bin/python3
"""Compares the public headers with the stored ABI (baseline.abi), by abidiff.

  check-abi.py              exit 1 when anything but appended members changed
  check-abi.py --self-test  changes copies of the headers and expects each verdict
  check-abi.py --update     writes the baseline anew; a draft's right only (docs/abi.md)

Exit 77 when gcc, abidw or abidiff is missing. Always built with gcc, whatever builds
the rest: the baseline knows its debug information.
"""
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / 'sdk' / 'include'
BASELINE = HERE / 'baseline.abi'
# Structs that carry their size or are reached by a stride.
GROWING = {'weir_' + name for name in (
    'error', 'log', 'group', 'batch', 'result', 'host', 'option', 'context', 'flusher_class',
    'plugin', 'all')}


def run(*command):
    return subprocess.run([str(word) for word in command], cwd=HERE, capture_output=True,
                          text=True, check=False)


def compile_headers(headers, folder):
    """A shared library whose debug information names every struct."""
    library = folder / 'abi.so'
    done = run('gcc', '-std=c11', '-g', '-O0', '-shared', '-fPIC', '-I', headers,
               'mention.c', '-o', library)
    if done.returncode:
        sys.exit(done.stderr)
    return library


class Types:
    """The types of an abidw file, as text that two files have in common."""

    def __init__(self, path):
        root = xml.etree.ElementTree.parse(path).getroot()
        self.by_id = {e.get('id'): e for e in root.iter() if e.get('id')}
        self.structs = {e.get('name'): e for e in root.iter('class-decl')
                        if e.get('is-declaration-only') != 'yes' and not e.get('is-anonymous')}

    def text(self, type_id):
        """A type in words; a struct is its name alone, as it is compared by itself."""
        element = self.by_id[type_id]
        inner = element.get('type-id')
        if element.tag == 'pointer-type-def':
            return self.text(inner) + '*'
        if element.tag == 'qualified-type-def':
            marks = [m for m in ('const', 'volatile', 'restrict') if element.get(m) == 'yes']
            return ' '.join([self.text(inner), *marks])
        if element.tag == 'array-type-def':
            return f"{self.text(inner)}[{element.get('size-in-bits')} bits]"
        if element.tag == 'function-type':
            parameters = ', '.join(self.text(p.get('type-id')) for p in element.iter('parameter'))
            return f"({self.text(element.find('return').get('type-id'))} ({parameters}))"
        if element.tag == 'typedef-decl':
            return self.text(inner)
        return f"{element.get('name')}:{element.get('size-in-bits')}"\
            if element.tag == 'type-decl' else element.get('name')

    def members(self, name):
        for member in self.structs[name].iter('data-member'):
            variable = member.find('var-decl')
            yield (variable.get('name'), member.get('layout-offset-in-bits'),
                   self.text(variable.get('type-id')))


def only_appended(old, new):
    """Whether each struct has its old members where they were, and value types no more."""
    if not set(old.structs) <= set(new.structs):
        return False
    for name in old.structs:
        before, after = list(old.members(name)), list(new.members(name))
        if after[:len(before)] != before or (len(after) > len(before) and name not in GROWING):
            return False
    return True


def describe(library, output):
    done = run('abidw', '--no-architecture', '--no-corpus-path', '--no-comp-dir-path',
               '--no-show-locs', '--no-elf-needed', '--out-file', output, library)
    if done.returncode:
        sys.exit(f'abidw: {done.stdout}{done.stderr}')


def differences(headers):
    """What abidiff has to say against the headers; '' when they keep the promise.

    abidiff finds that something changed; its suppressions cannot say "appended, and
    nothing else", so whether that is all is judged here, on the same descriptions.
    """
    with tempfile.TemporaryDirectory() as name:
        library = compile_headers(headers, Path(name))
        done = run('abidiff', '--no-architecture', '--harmless', BASELINE, library)
        if done.returncode & 3:  # error or wrong usage of the tool itself
            sys.exit(f'abidiff: {done.stdout}{done.stderr}')
        new = Path(name) / 'new.abi'
        describe(library, new)
        fine = only_appended(Types(BASELINE), Types(new))
    if fine:
        return ''
    return done.stdout or 'members changed, though abidiff did not see it\n'


def update():
    with tempfile.TemporaryDirectory() as name:
        library = compile_headers(HEADERS, Path(name))
        describe(library, BASELINE)
    return 0


# Header, text, what it becomes, whether that keeps the promise.
CASES = {
    'nothing': ('abi.h', r'\A', '', True),
    'appended to the host table':
        ('host.h', r'(\*data_dir\)\([^;]*;)',
         r'\1 int (*more)(void);', True),
    'appended to an option': ('option.h', r'(const char \*example;)', r'\1 const char *more;', True),
    'appended to a batch': ('batch.h', r'(uint32_t attempt;)', r'\1 uint64_t more;', True),
    'inserted in the middle': ('batch.h', r'(uint64_t deadline_ns;)', r'uint64_t more; \1', False),
    'inserted, and one appended':
        ('batch.h', r'(uint64_t deadline_ns;)([^}]*attempt;)', r'uint64_t a; \1\2 uint64_t b;', False),
    'removed': ('batch.h', r'int64_t logstore_key;', '', False),
    'removed at the end': ('option.h', r'const char \*example;', '', False),
    'removed, and one appended':
        ('batch.h', r'int64_t logstore_key;([^}]*attempt;)', r'\1 uint64_t more;', False),
    'renamed': ('batch.h', r'int64_t logstore_key;', 'int64_t key;', False),
    'another type of the same size':
        ('batch.h', r'int64_t logstore_key;', 'double logstore_key;', False),
    'swapped': ('batch.h', r'(struct weir_str project;)\s*(struct weir_str logstore;)', r'\2\1', False),
    'appended to a value type':
        ('abi.h', r'(size_t size;)', r'\1 size_t more;', False),
    'another parameter': ('host.h', r'(\*notify_ready\)\()', r'\1int how, ', False),
    'another return type': ('host.h', r'void \(\*alive\)', r'int (*alive)', False),
    'another registration function':
        ('flusher.h', r'(weir_plugin_register_fn\()', r'\1int how, ', False),
    'another return type, and one appended':
        ('flusher.h', r'void (\(\*set_urgent\)[^}]*\*result\);)', r'int \1 int (*more)(void);', False),
}


def self_test():
    failed = 0
    for what, (header, old, new, fine) in CASES.items():
        with tempfile.TemporaryDirectory() as name:
            shutil.copytree(HEADERS / 'weir', Path(name) / 'weir')
            path = Path(name) / 'weir' / header
            text, n = re.subn(old, new, path.read_text(encoding='utf-8'), count=1)
            assert n == 1, f'{what}: {header} does not have {old}'
            path.write_text(text, encoding='utf-8')
            said = differences(Path(name))
        good = (not said) == fine
        failed += not good
        print('ok' if good else 'NOT OK', '-', what, '' if good else f'\n{said}')
    return 1 if failed else 0


def main(arguments):
    if not all(shutil.which(tool) for tool in ('gcc', 'abidw', 'abidiff')):
        print('gcc, abidw or abidiff is missing')
        return 77
    if arguments == ['--self-test']:
        return self_test()
    if arguments == ['--update']:
        return update()
    if arguments:
        print(__doc__, file=sys.stderr)
        return 64
    said = differences(HEADERS)
    print(said, end='')
    return 1 if said else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
