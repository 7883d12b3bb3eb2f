"""Plugins that are wrong in one way each: refused with a code of their own, in words
that say what to do, and without harm to pipelines that do not need them.

The sources are tests/plugins/<name>.c; what no compiler makes is patched here.
"""
import dataclasses
import json
import os
import re
import shutil
import struct
import subprocess
import typing

import pytest

from conftest import BUILD, ROOT, WEIR, wait_for

PLUGINS = BUILD / "tests" / "plugins"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")

E_TYPE, E_MACHINE, E_SHOFF = 16, 18, 40  # offsets in the ELF header
EM_X86_64, EM_AARCH64 = 62, 183


@dataclasses.dataclass
class Case:
    """A cause, and what must be said of it."""
    name: str  # of the plugin, and of the type in it
    code: str
    field: typing.Optional[str]  # None: it is about no field
    words: str  # a pattern that the message must have
    found: typing.Optional[str] = None
    expected: typing.Optional[str] = None
    make: typing.Callable = None  # makes the file; default: a copy of what was built
    cause: str = None  # two cases of one cause share a code
    type: str = None  # that it has; default: by its name
    slow: bool = False  # hangs: takes the whole probe timeout
    marks: tuple = ()


def patched(source, change):
    """A maker: the plugin with its bytes changed."""
    def make(folder, name):
        data = bytearray((PLUGINS / f"flusher_{source}.so").read_bytes())
        data = change(data) or data
        path = folder / f"flusher_{name}.so"
        path.write_bytes(data)
        return path
    return make


def put(offset, form, value):
    return lambda data: struct.pack_into(form, data, offset, value)


def replace(*pairs):
    def change(data):
        for old, new in pairs:
            assert len(old) == len(new) and old in data
            data = data.replace(old, new)
        return data
    return change


def text_file(folder, name):
    path = folder / f"flusher_{name}.so"
    path.write_text("#!/bin/sh\necho this is no library\n")
    return path


def nothing(folder, name):
    return folder / f"flusher_{name}.so"


def a_folder(folder, name):
    path = folder / f"flusher_{name}.so"
    path.mkdir()
    return path


def copy(folder, name, source="good"):
    path = folder / f"flusher_{name}.so"
    shutil.copy(PLUGINS / f"flusher_{source}.so", path)
    return path


def with_mode(mode):
    def make(folder, name):
        path = copy(folder, name)
        path.chmod(mode)
        return path
    return make


def in_folder(mode):
    def make(folder, name):
        inner = folder / "shared"
        inner.mkdir()
        path = copy(inner, name)
        inner.chmod(mode)
        return path
    return make


def owned(file=(0, 0), folder_owner=(0, 0), file_mode=0o755, folder_mode=0o755):
    def make(folder, name):
        inner = folder / "owned"
        inner.mkdir()
        path = copy(inner, name)
        path.chmod(file_mode)
        inner.chmod(folder_mode)
        os.chown(path, *file)
        os.chown(inner, *folder_owner)
        return path
    return make


def symbol_hidden(data):
    """The section headers are gone, so that only dlsym can tell."""
    struct.pack_into("<Q", data, E_SHOFF, 0)
    struct.pack_into("<HHH", data, 58, 0, 0, 0)


CASES = (
    # the file
    Case("missing", "W2101", "import", "no such file", make=nothing),
    Case("folder", "W2103", None, "a folder", make=a_folder),
    Case("all_write", "W2105", None, "0757", make=with_mode(0o757)),
    Case("all_write_folder", "W2106", None, "shared .*0777", make=in_folder(0o777)),
    Case("foreign", "W2107", None, "user 12345", make=owned(file=(12345, 0)), marks=as_root),
    Case("group_write", "W2108", None, "group 12345",
         make=owned(file=(0, 12345), file_mode=0o775), marks=as_root),
    Case("foreign_folder", "W2109", None, "user 12345", make=owned(folder_owner=(12345, 0)),
         marks=as_root),
    Case("group_write_folder", "W2110", None, "group 12345",
         make=owned(folder_owner=(0, 12345), folder_mode=0o775), marks=as_root),
    Case("text", "W2111", None, "not an ELF object", make=text_file),
    Case("empty", "W2111", None, "not an ELF object", make=patched("good", lambda d: b"\x7f"),
         cause="text"),
    Case("machine", "W2112", "e_machine", "another kind of machine", "arm64.*183.*64 bit",
         r"x86-64 \(e_machine 62\), 64 bit", make=patched("good", put(E_MACHINE, "<H", EM_AARCH64))),
    Case("bits", "W2112", "e_machine", "another kind of machine", "32 bit", "64 bit",
         make=patched("good", put(4, "B", 1)), cause="machine"),
    Case("object_file", "W2113", "e_type", "not a shared object", "1", r"3 \(ET_DYN\)",
         make=patched("good", put(E_TYPE, "<H", 1))),
    Case("cut", "W2114", None, "damaged or cut short", make=patched("good", lambda d: d[:100])),
    Case("no_symbol", "W2115", "weir_plugin_register_v1", "registration function"),
    Case("stripped", "W2115", "weir_plugin_register_v1", "registration function",
         make=patched("no_symbol", symbol_hidden), cause="no_symbol"),
    Case("symbol_v2", "W2116", "weir_plugin_register_vN", "ABI 2.*ABI 1", "ABI 2", "ABI 1"),
    Case("note_v2", "W2116", "note: abi_major", "ABI 2.*ABI 1", "ABI 2", "ABI 1",
         cause="symbol_v2"),
    Case("newer_minor", "W2117", "weir_plugin.needs_minor", r"1\.99.*1\.1", r"ABI 1\.99",
         r"ABI 1\.1"),
    Case("unresolved", "W2120", "acme_gone", "acme_gone"),
    Case("no_library", "W2121", "liborigin_helpeR.so", "missing: liborigin_helpeR.so",
         make=patched("origin", replace((b"liborigin_helper.so", b"liborigin_helpeR.so"))),
         type="flusher_origin"),
    Case("new_system", "W2122", None, "GLIBC_9",
         make=patched("crash_loaded", replace((b"GLIBC_2.2.5", b"GLIBC_9.2.5"),
                                              (b"crash_loaded", b"fresh_loaded"))),
         type="flusher_fresh_loaded"),
    Case("no_segments", "W2123", None, "cannot be loaded",
         make=patched("good", put(E_TYPE + 40, "<H", 0))),
    # first contact
    Case("crash_loaded", "W2131", None, "constructor.*signal 11.*printed .*about to crash"),
    Case("exit_loaded", "W2132", None, "constructor.*exit code 3"),
    Case("hang_loaded", "W2133", None, "constructor.*not returned in 3000 ms", slow=True),
    Case("crash_registered", "W2134", None, "registration.*signal 11"),
    Case("exit_registered", "W2135", None, "registration.*exit code 3"),
    Case("hang_registered", "W2136", None, "registration.*not returned in 3000 ms", slow=True),
    Case("bad_pointer", "W2137", None, "tables.*signal 11"),
    Case("exit_read", "W2138", None, "tables.*exit code 4"),
    Case("garbles", "W2139", None, "garbled"),
    # what it registers
    Case("refuses", "W2140", "weir_plugin_register_v1", "no licence for a host called weir",
         "code 7"),
    Case("plugin_small", "W2141", "weir_plugin.struct_size", "16 bytes", "16", "at least 40"),
    Case("no_classes", "W2142", "weir_plugin.n_classes", "without any class"),
    Case("class_null", "W2143", "weir_plugin.classes", "class 1.*NULL"),
    Case("class_small", "W2144", "weir_flusher_class.struct_size", "72 bytes", "72", "at least 80"),
    Case("type_prefix", "W2145", "type", "'acme'.*flusher_"),
    Case("type_letters", "W2146", "type", "'flusher_Type-letters'"),
    Case("type_long", "W2147", "type", "72 bytes.*64"),
    Case("type_twice", "W2148", "type", "flusher_type_twice"),
    Case("no_init", "W2150", "init", "`init` is NULL"),
    Case("no_flush", "W2151", "flush", "`flush` is NULL"),
    Case("rows_small", "W2152", "option_stride", "16 bytes", "16", "at least 112"),
    Case("offset_outside", "W2153", "Far", "Far.*4096.*outside", "4096", "below options_size.*32"),
    Case("offset_unaligned", "W2153", "Crooked", "not aligned", "1", "multiple of 8",
         cause="offset_outside"),
    Case("options_small", "W2154", "Name", "Name.*options_size is 15", "15", "at least 16"),
    Case("option_twice", "W2155", "FLAG", "two options 'FLAG'"),
    Case("option_nameless", "W2156", "option.name", "option 1 has no usable name"),
    Case("option_unknown", "W2157", "Odd", "type 99", "99", "1 to 13"),
    Case("default_range", "W2158", "options", "Count.*0.*1.*9"),
    Case("no_choices", "W2159", "Mode", "choice of nothing"),
    Case("no_fields", "W2160", "Tls", "without a table"),
    Case("too_many_options", "W2161", "n_options", "1048576", "1048576", "at most 4096"),
    Case("huge_instance", "W2162", "instance_size", "1073741824", "1073741824", "at most 16777216"),
    Case("text_bytes", "W2163", "description", "not valid UTF-8"),
    Case("no_description", "W2164", "description", "`description` is NULL"),
    Case("note_other", "W2165", "types", "flusher_note_other.*flusher_note_own",
         "flusher_note_other", "flusher_note_own"),
)

# Codes of refusals that the table does not reach, and where they are tested instead.
ELSEWHERE = {
    "W2102": "needs a file that root cannot read",
    "W2104": "needs a folder that root cannot search",
    "W2118": "test_digest",
    "W2119": "tests/unit/plugin/test-registry",
    "W2130": "tests/unit/plugin/test-probe",
    "W2149": "test_type_in_two_plugins",
    "W2166": "test_registers_otherwise_in_the_host",
    "W2167": "tests/unit/plugin/test-registry",
    "W2168": "tests/unit/plugin/test-registry",
}


def list_plugins(weir, timeout="60s"):
    """`weir plugins --format json`, and its exit code."""
    result = weir.command("plugins", "--plugins", weir.plugins, "--format", "json",
                          "--probe-timeout", timeout)
    assert result.returncode in (0, 1, 2), result.stderr
    return json.loads(result.stdout)["plugins"], result.returncode


def make(case, folder):
    return (case.make or (lambda f, n: copy(f, n, n)))(folder, case.name)


def good_pipeline(weir):
    source, target = weir.folder / "in.txt", weir.folder / "out.txt"
    source.write_text("one\ntwo\n")
    path = weir.pipeline("good", {
        "inputs": [{"plugin_type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"plugin_type": "flusher_file",
                      "detail": {"FilePath": str(target), "Format": "raw"}}]})
    return path, target


def bad_pipeline(weir, type_name, name="bad"):
    return weir.pipeline(name, {
        "inputs": [{"plugin_type": "service_mock", "detail": {}}],
        "flushers": [{"plugin_type": type_name, "detail": {}}]})


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=c.name, marks=c.marks) for c in CASES])
def test_refusal(weir, case, long_form):
    path = make(case, weir.folder)
    weir.write_plugins([path, BUILD / "flushers" / "flusher_file.so"])

    # One that hangs is waited for; on a busy machine a good one needs its time, too.
    (plugin, good), code = list_plugins(weir, "3s" if case.slow else "60s")
    assert (plugin["state"], good["state"], code) == ("refused", "ok", 1)
    refusal = plugin["refusal"]
    assert refusal["code"] == case.code, refusal
    assert refusal["field"] == case.field or case.field is None
    assert re.search(case.words, refusal["message"]), refusal
    assert refusal["advice"]
    for text, pattern in ((refusal["found"], case.found), (refusal["expected"], case.expected)):
        assert pattern is None or re.search(pattern, text), refusal

    if case.slow and not long_form:
        return
    check_names_it(weir, case, path)
    good_one_delivers(weir, case)


def check_names_it(weir, case, path):
    """`weir check` says the same, as an error, where the type is asked for."""
    bad = bad_pipeline(weir, case.type or f"flusher_{case.name}")
    result = weir.command("check", "--plugins", weir.plugins, "--format", "json", bad)
    diagnostics = json.loads(result.stdout)["diagnostics"]
    assert result.returncode == 1
    errors = [d for d in diagnostics if d["severity"] == "error" and d["file"] == str(bad)]
    named = [d for d in diagnostics if d["code"] == case.code and d["file"] == str(bad)]
    assert errors and named, diagnostics
    assert all(path.name in d["message"] and d["line"] for d in named)
    # A type that the file cannot be seen to have is unknown; the refusal is its note.
    assert errors[0]["code"] in (case.code, "W1004")


def good_one_delivers(weir, case):
    good, target = good_pipeline(weir)
    bad = weir.folder / "bad.json"
    result = weir.once(good, bad)
    assert target.read_text() == "one\ntwo\n", result.stderr
    assert case.code in result.stderr


def test_no_two_causes_share_a_code():
    by_code = {}
    for case in CASES:
        by_code.setdefault(case.code, set()).add(case.cause or case.name)
    assert {c: n for c, n in by_code.items() if len(n) > 1} == {}


def test_every_code_has_a_case():
    table = (ROOT / "host" / "config" / "codes_plugin.def").read_text()
    codes = set(re.findall(r"CODE\((W21\d\d)", table))
    assert codes == {case.code for case in CASES} | set(ELSEWHERE)


def test_all_together(weir):
    """Every broken plugin in one host, and none keeps the good ones from work."""
    made = []
    for case in CASES:
        if case.marks == () or os.geteuid() == 0:
            folder = weir.folder / case.name
            folder.mkdir()
            made.append((case, make(case, folder)))
    weir.write_plugins([p for _, p in made] + [BUILD / "flushers" / "flusher_file.so"])
    plugins, _ = list_plugins(weir, "3s")
    assert [p["refusal"]["code"] for p in plugins[:-1]] == [c.code for c, _ in made]
    good, target = good_pipeline(weir)
    result = weir.once(good)
    assert (result.returncode, target.read_text()) == (0, "one\ntwo\n"), result.stderr


@pytest.mark.parametrize("name, type_name", (
    ("older", None), ("newer", None), ("cxx", None), ("no_note", "flusher_hidden_type")))
def test_loads_and_works(weir, name, type_name):
    path = PLUGINS / f"flusher_{name}.so"
    if not path.exists():
        pytest.skip("no C++ compiler")
    weir.write_plugins([path])
    assert delivers(weir, type_name or f"flusher_{name}")


def delivers(weir, type_name):
    source = weir.folder / "in.txt"
    source.write_text("one\ntwo\n")
    path = weir.pipeline("one", {
        "inputs": [{"plugin_type": "input_file", "detail": {"FilePaths": [str(source)]}}],
        "flushers": [{"plugin_type": type_name, "detail": {}}]})
    result = weir.once(path)
    assert result.returncode == 0, result.stderr
    return "delivered=2" in result.stderr


def test_library_beside_the_plugin(weir):
    copy(weir.folder, "origin", "origin")
    shutil.copy(PLUGINS / "liborigin_helper.so", weir.folder)
    weir.write_plugins(["flusher_origin.so"])  # found beside plugins.yml, too
    assert delivers(weir, "flusher_origin")


def test_symbolic_link(weir):
    """Loaded at its real path: what lies beside the target is found."""
    real = weir.folder / "real"
    real.mkdir()
    copy(real, "origin", "origin")
    shutil.copy(PLUGINS / "liborigin_helper.so", real)
    (weir.folder / "link.so").symlink_to(real / "flusher_origin.so")
    weir.write_plugins(["link.so"])
    assert delivers(weir, "flusher_origin")


def test_plugin_path(weir):
    folders = weir.folder / "a", weir.folder / "b"
    for folder in folders:
        folder.mkdir()
    copy(folders[1], "good")
    weir.write_plugins(["flusher_good.so"])
    path = os.pathsep.join(map(str, folders))
    result = weir.command("plugins", "--plugins", weir.plugins, "--format", "json",
                          env={**os.environ, "WEIR_PLUGIN_PATH": path})
    assert json.loads(result.stdout)["plugins"][0]["path"] == str(folders[1] / "flusher_good.so")


def test_digest(weir):
    path = copy(weir.folder, "good")
    right = subprocess.check_output(["sha256sum", path], text=True).split()[0]
    weir.write_plugins([f"{path}\n      sha256: {right.upper()}"])
    (plugin,), code = list_plugins(weir)
    assert (plugin["state"], plugin["sha256"], code) == ("ok", right, 0)

    wrong = "0" * 64
    weir.write_plugins([f"{path}\n      sha256: '{wrong}'"])
    (plugin,), code = list_plugins(weir)
    refusal = plugin["refusal"]
    assert (refusal["code"], refusal["field"]) == ("W2118", "sha256")
    assert (refusal["found"], refusal["expected"]) == (right, wrong)


def test_type_in_two_plugins(weir):
    weir.write_plugins([PLUGINS / "flusher_good.so", PLUGINS / "flusher_good_too.so"])
    (first, second), code = list_plugins(weir)
    assert (first["state"], code) == ("ok", 1)
    refusal = second["refusal"]
    assert (refusal["code"], refusal["field"]) == ("W2149", "type")
    assert "flusher_good.so" in refusal["message"]
    assert "version 2.0.0" in refusal["found"] and "version 1.0.0" in refusal["expected"]
    assert delivers(weir, "flusher_good")


def test_same_file_twice(weir):
    copy(weir.folder, "good")
    (weir.folder / "link.so").symlink_to("flusher_good.so")
    weir.write_plugins(["flusher_good.so", "link.so"])
    result = weir.command("plugins", "--plugins", weir.plugins, "--format", "json")
    assert [p["state"] for p in json.loads(result.stdout)["plugins"]] == ["ok", "duplicate"]
    assert result.returncode == 0 and "W2011" in result.stderr


def test_registers_otherwise_in_the_host(weir):
    weir.write_plugins([PLUGINS / "flusher_differs.so", BUILD / "flushers" / "flusher_file.so"])
    good, target = good_pipeline(weir)
    result = weir.once(good, bad_pipeline(weir, "flusher_differs"))
    assert "W2166" in result.stderr
    assert target.read_text() == "one\ntwo\n"


def test_merged_files(weir):
    copy(weir.folder, "good")
    (weir.folder / "plugins.d").mkdir()
    shutil.copy(PLUGINS / "flusher_older.so", weir.folder / "plugins.d")
    (weir.folder / "plugins.d" / "b.yml").write_text(
        "plugins: {linux: [{import: flusher_older.so}], windows: [{import: no.dll}]}")
    (weir.folder / "plugins.d" / "ignored.txt").write_text("{")
    (weir.folder / "external_plugins.yml").write_text(
        "plugins: {common: [{import: ./flusher_good.so}]}")
    weir.plugins.write_text("plugins: {}\n")
    plugins, code = list_plugins(weir)
    assert [p["state"] for p in plugins] == ["ok", "ok", "other_platform"]
    assert code == 0


def test_unused_broken_plugin_is_a_warning(weir):
    weir.write_plugins([text_file(weir.folder, "text"), BUILD / "flushers" / "flusher_file.so"])
    good, _ = good_pipeline(weir)
    result = weir.command("check", "--plugins", weir.plugins, "--format", "json", good)
    report = json.loads(result.stdout)
    assert (result.returncode, report["errors"], report["warnings"]) == (0, 0, 1)
    assert report["diagnostics"][0]["file"] == str(weir.plugins)
    assert report["diagnostics"][0]["line"] == 3


def test_checking_runs_no_plugin_in_the_host(weir):
    """A plugin that crashes wherever it is loaded, next to one that is asked for."""
    weir.write_plugins([PLUGINS / "flusher_crash_loaded.so", PLUGINS / "flusher_good.so"])
    path = bad_pipeline(weir, "flusher_good")
    result = weir.command("check", "--plugins", weir.plugins, path)
    assert result.returncode == 0, result.stderr


def test_hung_plugin_leaves_no_process(weir):
    weir.write_plugins([PLUGINS / "flusher_fork_hang.so"])
    number = weir.folder / "pid"
    result = weir.command(
        "plugins", "--plugins", weir.plugins, "--probe-timeout", "3s", "--format", "json",
        env={**os.environ, "WEIR_TEST_PID_FILE": str(number)})
    assert json.loads(result.stdout)["plugins"][0]["refusal"]["code"] == "W2133"
    pid = int(number.read_text())

    def is_gone():
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] in "ZX"
        except FileNotFoundError:
            return True
    wait_for(is_gone, f"the end of process {pid}")


def test_plugins_command_as_text(weir):
    weir.write_plugins([PLUGINS / "flusher_good.so", text_file(weir.folder, "text")])
    result = weir.command("plugins", "--plugins", weir.plugins)
    assert result.returncode == 1
    assert "flusher_good " in result.stdout
    assert "refused (W2111)" in result.stdout


@pytest.mark.parametrize("arguments, code", (
    (["--help"], 0), (["--nothing"], 64), (["--format", "xml"], 64), (["more"], 64)))
def test_plugins_command_line(weir, arguments, code):
    assert weir.command("plugins", *arguments).returncode == code


def test_no_plugin_at_all(weir):
    weir.plugins.write_text("plugins: {}\n")
    assert list_plugins(weir) == ([], 2)


def test_host_exports_nothing():
    """A plugin's own symbols must never be bound to the host's."""
    symbols = subprocess.check_output(["nm", "-D", "--defined-only", WEIR], text=True)
    if "__asan" in symbols or "__tsan" in symbols:
        pytest.skip("sanitizers export their own")
    names = [line.split()[-1] for line in symbols.splitlines()]
    # Copies of libc's variables are versioned.
    assert [name for name in names if "@GLIBC" not in name] == []
