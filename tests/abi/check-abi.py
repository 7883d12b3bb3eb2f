#!/usr/bin/python3
"""Compares the public headers with those that were frozen as ABI 1.0 (v1/include).

  check-abi.py              exit 1 when anything but what may grow has changed
  check-abi.py --self-test  changes copies of the headers and expects each verdict

What may change: comments, the bodies of macros, the minor upwards; members and
enumerators may be appended, structs, functions, macros and headers added. Three judges:
abidiff says whether layouts and types changed at all, and the descriptions that it works
on whether that was an appending; a program prints the value of every constant; a plugin
that was written for 1.0 and uses every macro is compiled as C and as C++.

Exit 77 when gcc, g++, abidw or abidiff is missing. Always built with gcc, whatever builds
the rest: the descriptions come from its debug information.
"""
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

FROZEN = Path(__file__).resolve().parent / 'v1'
HEADERS = FROZEN.parents[2] / 'sdk' / 'include'
# Structs that carry their size or are reached by a stride.
GROWING = {'weir_' + name for name in (
    'error', 'log', 'group', 'batch', 'result', 'host', 'option', 'context', 'flusher_class',
    'plugin', 'all')}


class Changed(Exception):
    """The headers break the promise, and how."""


def run(*command):
    return subprocess.run([str(word) for word in command], cwd=FROZEN, capture_output=True,
                          text=True, check=False)


def must(what, *command):
    done = run(*command)
    if done.returncode:
        raise Changed(f'{what}:\n{done.stdout}{done.stderr}')
    return done.stdout


def frozen_sums():
    """The frozen headers are the bytes that were released."""
    for line in (FROZEN / 'SHA256SUMS').read_text(encoding='utf-8').splitlines():
        expected, name = line.split()
        if hashlib.sha256((FROZEN / name).read_bytes()).hexdigest() != expected:
            raise Changed(f'{name} was frozen and is not what it was\n')


# ---- layouts and types ----

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


def describe(headers, folder, name):
    """A library whose debug information names every struct, and its description."""
    library, description = folder / f'{name}.so', folder / f'{name}.abi'
    must('a struct of 1.0 is gone', 'gcc', '-std=c11', '-g', '-O0', '-shared', '-fPIC', '-I',
         headers, 'mention.c', '-o', library)
    must('abidw', 'abidw', '--no-architecture', '--no-corpus-path', '--no-comp-dir-path',
         '--no-show-locs', '--no-elf-needed', '--out-file', description, library)
    return library, description


def check_layouts(headers, folder):
    """abidiff finds that something changed; its suppressions cannot say "appended, and
    nothing else", so whether that is all is judged here."""
    old, old_description = describe(FROZEN / 'include', folder, 'old')
    new, new_description = describe(headers, folder, 'new')
    done = run('abidiff', '--no-architecture', '--harmless', old, new)
    if done.returncode & 3:  # error or wrong usage of the tool itself
        sys.exit(f'abidiff: {done.stdout}{done.stderr}')
    if not only_appended(Types(old_description), Types(new_description)):
        raise Changed(done.stdout or 'members changed, though abidiff did not see it\n')


# ---- constants, and what 1.0's sources need ----

def constant_names():
    for path in sorted((FROZEN / 'include' / 'weir').iterdir()):
        text = re.sub(r'/\*.*?\*/', '', path.read_text(encoding='utf-8'), flags=re.S)
        yield from re.findall(r'^ +(WEIR_\w+) = ', text, re.M)
        yield from re.findall(r'^#define (WEIR_\w+) (?=\d|"|UINT)', text, re.M)


def constants(headers, folder):
    """{name: value}, by a program that is a plugin of 1.0 at the same time."""
    source, program = folder / 'constants.c', folder / 'constants'
    shows = '\n'.join(f'    SHOW({name});' for name in constant_names())
    source.write_text(f'''
#include <stdio.h>
#include "use.c"
#define SHOW(x) printf(_Generic((x), char *: "%s=%s\\n", default: "%s=%lld\\n"), #x, \\
    _Generic((x), char *: (x), default: (long long)(x)))
int main(void)
{{
{shows}
}}
''', encoding='utf-8')
    must("1.0's sources are no longer understood", 'gcc', '-std=c11', '-Wall', '-Werror',
         '-Wmissing-prototypes', '-Wno-pointer-to-int-cast', '-I', headers, '-I', FROZEN, source,
         '-o', program)
    return dict(line.split('=', 1) for line in must('the program', program).splitlines())


def check_constants(headers, folder):
    old, new = constants(FROZEN / 'include', folder), constants(headers, folder)
    if int(new.pop('WEIR_ABI_MINOR')) < int(old.pop('WEIR_ABI_MINOR')):
        raise Changed('WEIR_ABI_MINOR went back\n')
    for name in old:
        if old[name] != new[name]:
            raise Changed(f'{name} was {old[name]} and is {new[name]}\n')


def check_cxx(headers):
    must("1.0's sources are no longer C++", 'g++', '-std=c++17', '-x', 'c++', '-Wall', '-Werror',
         '-fsyntax-only', '-I', headers, 'use.c')


def check(headers, cxx=True):
    """'' or how the headers break the promise."""
    with tempfile.TemporaryDirectory() as name:
        try:
            frozen_sums()
            check_layouts(headers, Path(name))
            check_constants(headers, Path(name))
            if cxx:
                check_cxx(headers)
        except Changed as how:
            return str(how)
    return ''


# ---- whether it would be seen ----

# Header, text, what it becomes, whether that keeps the promise.
CASES = {
    'nothing': ('abi.h', r'\A', '', True),
    'a comment': ('host.h', r'"weir" \*/', '"weir" or another */', True),
    'a later minor': ('abi.h', r'ABI_MINOR \d+u', 'ABI_MINOR 3u', True),
    'appended to the host table': ('host.h', r'(\*data_dir\)\([^;]*;)', r'\1 int (*more)(void);', True),
    'appended to the class': ('flusher.h', r'(\*probe\)\([^;]*;)', r'\1 int (*more)(void *);', True),
    'appended to an option': ('option.h', r'(const char \*example;)', r'\1 const char *more;', True),
    'appended to a batch': ('batch.h', r'(uint32_t attempt;)', r'\1 uint64_t more;', True),
    'another verdict': ('flusher.h', r'(WEIR_BROKEN = 4,)', r'\1 WEIR_MORE = 5,', True),
    'another function':
        ('batch.h', r'(/\* The i-th log)', r'static inline int weir_more(void) { return 0; } \1', True),
    'a flag that was a reserved bit': ('flusher.h', r'(WEIR_STDOUT = 1u << 4,)', r'\1 WEIR_M = 1u << 5,', True),
    'inserted in the middle': ('batch.h', r'(uint64_t deadline_ns;)', r'uint64_t more; \1', False),
    'inserted, and one appended':
        ('batch.h', r'(uint64_t deadline_ns;)([^}]*attempt;)', r'uint64_t a; \1\2 uint64_t b;', False),
    'removed': ('batch.h', r'int64_t logstore_key;', '', False),
    'removed at the end': ('option.h', r'const char \*example;', '', False),
    'removed, and one appended':
        ('batch.h', r'int64_t logstore_key;([^}]*attempt;)', r'\1 uint64_t more;', False),
    'renamed': ('batch.h', r'int64_t logstore_key;', 'int64_t key;', False),
    'another type of the same size': ('batch.h', r'int64_t logstore_key;', 'double logstore_key;', False),
    'swapped': ('batch.h', r'(struct weir_str project;)\s*(struct weir_str logstore;)', r'\2\1', False),
    'appended to a value type': ('abi.h', r'(size_t size;)', r'\1 size_t more;', False),
    'a struct removed': ('option.h', r'struct weir_str_map \{', 'struct weir_text_map {', False),
    'a function of the host removed': ('host.h', r'void \(\*alive\)[^;]*;', '', False),
    'another parameter': ('host.h', r'(\*notify_ready\)\()', r'\1int how, ', False),
    'another return type': ('host.h', r'void \(\*alive\)', r'int (*alive)', False),
    'a narrower verdict': ('flusher.h', r'uint32_t \(\*flush\)', 'uint16_t (*flush)', False),
    'another registration function': ('flusher.h', r'(weir_plugin_register_fn\()', r'\1int how, ', False),
    'the registration function removed':
        ('flusher.h', r'WEIR_EXPORT const struct weir_plugin \*weir_plugin_register_v1\([^;]*;', '', False),
    'another return type, and one appended':
        ('flusher.h', r'void (\(\*set_urgent\)[^}]*\*result\);)', r'int \1 int (*more)(void);', False),
    'an enumerator renumbered': ('flusher.h', r'WEIR_REJECTED = 2', 'WEIR_REJECTED = 5', False),
    'two enumerators swapped':
        ('option.h', r'BOOL = 1,(\s*)WEIR_OPTION_INT = 2', r'BOOL = 2,\1WEIR_OPTION_INT = 1', False),
    'an enumerator removed': ('batch.h', r'WEIR_BATCH_REPLAY = [^\n]*', '', False),
    'another bit': ('flusher.h', r'WEIR_NET = 1u << 2', 'WEIR_NET = 1u << 6', False),
    'another symbol': ('abi.h', r'"weir_plugin_register_v1"', '"weir_plugin_register_v2"', False),
    'another sentinel': ('option.h', r'NO_OFFSET UINT32_MAX', 'NO_OFFSET 0u', False),
    'the minor lowered below the frozen': ('abi.h', r'ABI_MINOR \d+u', 'ABI_MINOR -1', False),
    'a macro removed': ('host.h', r'#define WEIR_HAS\(', '#define WEIR_HAD(', False),
    'a macro with another parameter': ('option.h', r'OPTION_BOOL_ROW\(STRUCT,', 'OPTION_BOOL_ROW(STRUCT, HOW,', False),
    'an inline function removed': ('batch.h', r'\*weir_log_at\(', '*weir_log_of(', False),
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
            said = check(Path(name), cxx=False)
        good = (not said) == fine
        failed += not good
        print('ok' if good else 'NOT OK', '-', what, '' if good else f'\n{said}')
    return 1 if failed else 0


def main(arguments):
    if not all(shutil.which(tool) for tool in ('gcc', 'g++', 'abidw', 'abidiff')):
        print('gcc, g++, abidw or abidiff is missing')
        return 77
    if arguments == ['--self-test']:
        return self_test()
    if arguments:
        print(__doc__, file=sys.stderr)
        return 64
    said = check(HEADERS)
    print(said, end='')
    return 1 if said else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
