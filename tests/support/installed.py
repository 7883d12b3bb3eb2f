"""An installation made with --destdir, and commands that may see nothing else."""
import os
import subprocess

from world import BUILD, TIMEOUT_S


def run(*words, **more):
    """The standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=TIMEOUT_S * 5, stdin=subprocess.DEVNULL, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def install(root):
    run("meson", "install", "--no-rebuild", "--destdir", root, "-C", BUILD)
    return root


def one(tree, pattern):
    found = sorted(tree.rglob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def environment(tree):
    """pkg-config and the shell find the installed tree first, and never the checkout."""
    system = run("pkg-config", "--variable", "pc_path", "pkg-config").strip()
    env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=str(tree),
               PKG_CONFIG_LIBDIR=f"{one(tree, 'weir-sdk-1.pc').parent}:{system}",
               PATH=f"{one(tree, 'bin/weir').parent}:{os.environ['PATH']}")
    env.pop("PKG_CONFIG_PATH", None)
    return env
