"""`weir schema` and `weir check` are of one mind: for every option of every type that
is described, both accept the same values."""
import copy
import json
import os

import jsonschema
import pytest

SECTIONS = ("inputs", "processors", "aggregators", "flushers")
UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20,
         "GiB": 2**30, "TiB": 2**40, "ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9,
         "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
NUMBERS = ("int", "uint", "float", "size", "duration")
# One value of every kind of JSON, and the texts that some types read.
KINDS = (None, True, 3, 5.0, 2.5, -1, "", "text", "10s", "1m30s", "1.5h", "10 s", "5x", "s", "64KiB",
         "10mb", "1.5GiB", "64 KiB", "KiB", "0", [], ["a"], [1], {}, {"a": "b"}, {"a": 1}, "${env:HOME",
         2**63, 2**64 - 1, -2**63)


def number(text):
    """An int or float of "10s", "64KiB", "0.5"."""
    digits = text.rstrip("".join(set("".join(UNITS))))
    value = float(digits) if "." in digits else int(digits)
    return value * UNITS[text[len(digits):]]


def natural(option):
    """A value that should do, of the option's description."""
    text = option.get("example") or option.get("default")
    kind = option["type"]
    if kind == "object":
        return required_of(option["fields"])
    if kind == "object_list":
        return [required_of(option["fields"])]
    if kind == "enum":
        return text or option["choices"][0]
    if kind in ("string", "size", "duration") and text is not None:
        return text
    if text is not None:
        return json.loads(text)
    return {"bool": True, "float": 1.0, "size": 1 << 20, "duration": "10s", "string": "text",
            "string_list": ["a"], "string_map": {"a": "b"}, "json": 1}.get(kind, 1)


def required_of(options):
    return {option["name"]: natural(option) for option in options if option["required"]}


def values_of(option):
    """Values around what the option allows, and of every other kind."""
    yield natural(option)
    yield from KINDS
    if option["type"] in NUMBERS:
        step = 0.001 if option["type"] == "float" else 1
        for end in ("min", "max"):
            if end in option:
                bound = number(option[end])
                yield from (bound - step, bound, bound + step)
    for choice in option.get("choices", ()):
        yield from (choice, choice.upper() + "x", choice + " ")
    for field in option.get("fields", ()):
        whole = required_of(option["fields"])
        wrap = (lambda value: [value]) if option["type"] == "object_list" else (lambda value: value)
        yield wrap({key: value for key, value in whole.items() if key != field["name"]})
        yield wrap({**whole, field["name"] + "x": 1})
        for value in values_of(field):
            if not is_beyond_schema(field, value):
                yield wrap({**whole, field["name"]: value})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    import conftest
    return conftest.Weir(tmp_path_factory.mktemp("schema"))


@pytest.fixture(scope="module")
def described(world):
    done = world.command("describe", "--plugins", world.plugins, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def validator(world):
    done = world.command("schema", "--plugins", world.plugins)
    assert done.returncode == 0, done.stderr
    schema = json.loads(done.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def pipeline_with(section, entry):
    whole = {"inputs": [{"Type": "input_stdin"}], "flushers": [{"Type": "flusher_blackhole"}]}
    whole[section] = [entry]
    return whole


def in_both_forms(described_type, options, host=()):
    """The options flat and in detail; `host` are keys beside the detail."""
    name, host = described_type["type"], dict(host)
    yield pipeline_with(described_type["section"], {"Type": name, **options, **host})
    yield pipeline_with(described_type["section"], {"type": name + "/a", "detail": options, **host})


PORTION = 250  # pipelines; a run tells at most 1,000 things


def assert_agreement(world, validator, pipelines):
    """Checks many in one run and holds each verdict against the schema's."""
    pipelines = list(pipelines)
    sums = [assert_portion(world, validator, pipelines[at:at + PORTION])
            for at in range(0, len(pipelines), PORTION)]
    return tuple(map(sum, zip(*sums)))


def assert_portion(world, validator, pipelines):
    folder = world.folder / "cases"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    cases = {}
    for i, case in enumerate(pipelines):
        path = folder / f"{i}.json"
        path.write_text(json.dumps(case))
        cases[str(path)] = case
    done = world.command("check", "--plugins", world.plugins, "--format", "json", folder)
    assert "Sanitizer" not in done.stderr, done.stderr
    told = json.loads(done.stdout)["diagnostics"]
    # W1022, that a processor cannot be made of right options, is beyond a schema.
    wrong = {diag["file"]: diag for diag in told
             if diag["severity"] == "error" and diag["code"] != "W1022"}
    different = [
        (case, wrong.get(path) and wrong[path]["message"])
        for path, case in cases.items() if validator.is_valid(case) != (path not in wrong)]
    assert not different, "\n".join(f"{json.dumps(c)}\n  check says: {m}" for c, m in different[:20])
    return len(cases), len(wrong)


# What a schema cannot say: the range of a text, what a reference stands for, numbers
# beyond 64 bits or what floats hold of them.
def is_beyond_schema(option, value):
    if not isinstance(value, str):
        return False
    return "${" in value or (option["type"] in ("size", "duration") and {"min", "max"} & set(option))


def test_every_option_of_every_type(world, validator, described):
    for one in described:
        base = required_of(one["options"])
        pipelines = list(in_both_forms(one, base))
        for option in one["options"]:
            name = option["name"]
            without = {key: value for key, value in base.items() if key != name}
            pipelines += in_both_forms(one, without)
            pipelines += in_both_forms(one, {**base, name + "x": 1})
            pipelines += in_both_forms(one, {**base, "x-" + name: 1})
            for value in values_of(option):
                if not is_beyond_schema(option, value):
                    pipelines += in_both_forms(one, {**base, name: value})
        n_cases, n_wrong = assert_agreement(world, validator, pipelines)
        assert n_wrong < n_cases


def test_what_is_natural_is_right(validator, described):
    """Required options alone, and every default, do."""
    for one in described:
        for case in in_both_forms(one, required_of(one["options"])):
            validator.validate(case)


@pytest.mark.parametrize("name", ["delivery", "global"])
def test_every_option_of_the_host(world, validator, name):
    one = json.loads(world.command("describe", "--format", "json", name).stdout)
    pipelines = []
    for option in one["options"]:
        for value in values_of(option):
            if is_beyond_schema(option, value):
                continue
            values = {option["name"]: value}
            for case in (values, {option["name"] + "x": value}):
                if name == "global":
                    pipelines.append({**pipeline_with("processors", {}), "processors": [], name: case})
                else:
                    flusher = {"type": "flusher_blackhole", "section": "flushers"}
                    pipelines += in_both_forms(flusher, {}, {"delivery": case})
    n_cases, n_wrong = assert_agreement(world, validator, pipelines)
    assert 0 < n_wrong < n_cases


GOOD = {"inputs": [{"Type": "input_stdin"}], "flushers": [{"Type": "flusher_blackhole"}]}


def shapes():
    """Pipelines whose shape is right or wrong."""
    for key in ("inputs", "flushers", "processors", "aggregators", "global", "enable", "extensions",
                "version", "nothing", "x-y", "$schema"):
        for value in (None, [], {}, 3, "x", True, [None], [3], [{}]):
            yield {**GOOD, key: value}
    for key in ("inputs", "flushers"):
        yield {other: value for other, value in GOOD.items() if other != key}
    yield from ([], 3, "x", None, {})
    for entry in (
        {"Type": "flusher_blackhole/a"}, {"Type": "flusher_blackhole/"}, {"Type": "flusher_blackhol"},
        {"Type": "flusher_blackholes"}, {"Type": "/a"}, {"Type": ""}, {"Type": 3}, {"Type": None},
        {"Type": "flusher_blackhole/a/1"}, {"Type": "flusher_blackhole/a#1"},
        {"Type": "flusher_blackhole//"}, {"Type": "flusher_blackhole/a/1#5"}, {"Type": "flusher_blackhole/a/b/1"},
        {"Type": "flusher_blackhole/.."}, {"Type": "flusher_blackhole/..a"}, {"Type": "flusher_blackhole/a\tb"},
        {"Type": "flusher_blackhole#1"}, {"Type": "flusher_blackhole/#1"},
        {"type": "flusher_blackhole", "plugin_type": "flusher_blackhole"},
        {"type": "flusher_blackhole"}, {"plugin_type": "flusher_blackhole"},
        {"plugin_type": "flusher_blackhole", "detail": None},
        {"plugin_type": "flusher_blackhole", "detail": []},
        {"Type": "flusher_blackhole", "detail": {}}, {"Type": "flusher_file", "detail": {"FilePath": "x"}},
        {"Type": "flusher_file", "FilePath": "x", "detail": {}}, {"type": "flusher_file", "FilePath": "x"},
        {"Type": "input_stdin"}, {"Type": "flusher_blackhole", "Project": "p", "Logstore": None},
        {"Type": "flusher_blackhole", "Project": 3}, {"Type": "flusher_blackhole", "LogstoreKey": 3},
        {"Type": "flusher_blackhole", "LogstoreKey": "3"}, {"Type": "flusher_blackhole", "delivery": 3},
        {"Type": "flusher_blackhole", "delivery": None}, {"Type": "flusher_blackhole", "Delivery": {}},
    ):
        yield {**GOOD, "flushers": [entry]}
    for entry in ({"Type": "input_stdin", "IntervalMs": value} for value in (1, 0, -1, 2.5, "1", None)):
        yield {**GOOD, "inputs": [entry]}
    yield {**GOOD, "flushers": [copy.copy(GOOD["flushers"][0]) for _ in range(64)]}
    yield {**GOOD, "flushers": [copy.copy(GOOD["flushers"][0]) for _ in range(65)]}


def test_shapes(world, validator):
    n_cases, n_wrong = assert_agreement(world, validator, shapes())
    assert 0 < n_wrong < n_cases


def test_references_do_where_their_value_would(world, validator):
    """The schema lets every reference pass; check looks at what it stands for."""
    case = {**GOOD, "flushers": [{"Type": "flusher_blackhole",
                                  "delivery": {"QueueMaxGroups": "${env:WEIR_TEST_GROUPS}"}}]}
    validator.validate(case)
    path = world.pipeline("reference", case)
    for text, status in (("7", 0), ("0", 1), ("seven", 1)):
        done = world.command("check", "--plugins", world.plugins, path,
                             env={**os.environ, "WEIR_TEST_GROUPS": text})
        assert done.returncode == status, done.stdout
