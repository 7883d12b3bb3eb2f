"""Faults of the system, made in the running host by the preloaded faults.so.

A rule says at which calls what happens; rules may be set and lifted at any time, and
each counts how often it fired.
"""
import errno
import mmap
import struct

from world import BUILD

LIBRARY = BUILD / "tests" / "torture" / "faults.so"
RULES_MAX = 8
RULE = struct.Struct("=IIIIII104s")
HEAD = struct.Struct("=q")
CALLS = {"open": 1, "read": 2, "write": 3, "sync": 4, "rename": 5, "write_head": 6, "statfs": 7}
FAIL, KILL, LAG, SHORT, TYPE = 1, 2, 3, 4, 5


class Fault:
    """One rule. In force until lift(); seen says how many calls it matched, fired how
    often it happened."""

    def __init__(self, faults, index):
        self.faults, self.at = faults, HEAD.size + index * RULE.size

    @property
    def seen(self):
        return RULE.unpack_from(self.faults.memory, self.at)[4]

    @property
    def fired(self):
        return RULE.unpack_from(self.faults.memory, self.at)[5]

    def lift(self):
        struct.pack_into("=I", self.faults.memory, self.at, 0)
        return self.fired


class Faults:
    """The rules of one host (or of several, one after the other)."""

    def __init__(self, folder):
        self.path = folder / "faults"
        size = HEAD.size + RULES_MAX * RULE.size
        self.path.write_bytes(bytes(size))
        with self.path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), size)
        self.used = 0

    def environment(self):
        return {"LD_PRELOAD": str(LIBRARY), "WEIR_FAULTS": str(self.path)}

    def _set(self, call, part, every, action, number=0):
        assert self.used < RULES_MAX
        fault = Fault(self, self.used)
        self.used += 1
        RULE.pack_into(self.memory, fault.at, 0, action, number, every, 0, 0, part.encode())
        struct.pack_into("=I", self.memory, fault.at, CALLS[call])  # in force, last
        return fault

    def fail(self, call, part, error=errno.EIO, every=1):
        return self._set(call, part, every, FAIL, error)

    def kill(self, call, part, every):
        return self._set(call, part, every, KILL)

    def lag(self, call, part, ms, every=1):
        return self._set(call, part, every, LAG, ms)

    def short(self, call, part, every=1):
        return self._set(call, part, every, SHORT)

    def file_system(self, part, number):
        """statfs says that the paths lie on that one."""
        return self._set("statfs", part, 1, TYPE, number)

    def shift_clock(self, seconds):
        HEAD.pack_into(self.memory, 0, int(seconds * 1e9))
