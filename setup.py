"""Builds the package; metadata is in setup.cfg. The hot ABC modules are compiled with mypyc.

Without a C compiler, or with CHATMUSICIAN_PURE=1, the same modules run as plain Python.
"""

import configparser
import os
import shlex
import shutil
import sys
import sysconfig
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

LIBRARY = "chatmusician.abc._compiled"
METADATA_ONLY = {"egg_info", "dist_info", "sdist", "--version", "--name"}


def note(reason: str) -> None:
    print(f"chatmusician: installing without the compiled core: {reason}", file=sys.stderr)


def hot_modules() -> list[str]:
    config = configparser.ConfigParser()
    config.read("setup.cfg", encoding="utf-8")
    return config["mypyc"]["modules"].split()


def has_compiler() -> bool:
    command = os.environ.get("CC") or sysconfig.get_config_var("CC")
    return sys.platform == "win32" or bool(command and shutil.which(shlex.split(command)[0]))


def extensions() -> list[Extension]:
    # Commands that only ask for names and versions must not wait for a compilation.
    if METADATA_ONLY.intersection(sys.argv):
        return []
    if os.environ.get("CHATMUSICIAN_PURE") == "1":
        note("CHATMUSICIAN_PURE=1 is set")
        return []
    if not has_compiler():
        note("no C compiler found")
        return []
    try:
        from mypyc.build import mypycify
    except ImportError:
        note("mypy is not installed")
        return []
    try:
        built: list[Extension] = mypycify(
            ["--follow-imports=silent", *hot_modules()],
            opt_level="3",
            debug_level="0",
            group_name=LIBRARY,
        )
    except SystemExit:
        # Whoever builds in place is working on the sources and must see the type errors;
        # whoever installs on a newer Python is better served uncompiled.
        if "--inplace" in sys.argv:
            raise
        note("mypyc does not accept the sources on this Python")
        return []
    for extension in built:
        # mypyc asks for -Werror; a newer compiler's new warning must not cost the build.
        extension.extra_compile_args.append("-Wno-error")
        if sys.platform != "win32":
            # Only what is not exported may be inlined in a shared library: a tenth of the time.
            extension.extra_compile_args.append("-fvisibility=hidden")
    return built


class BuildCore(build_ext):
    def run(self) -> None:
        started = time.time()
        try:
            super().run()
        except (BaseError, CCompilerError) as error:
            note(f"the C compiler failed ({error}); are the Python headers installed?")
            self.extensions = self.distribution.ext_modules = []
            return
        if self.inplace:
            # An unchanged file keeps its old time, and a source edited during the build is
            # newer than its start: so the start is what the next time comparison must see.
            for extension in self.extensions:
                os.utime(self.get_ext_fullpath(extension.name), (started, started))


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildCore})
