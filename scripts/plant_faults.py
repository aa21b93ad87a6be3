"""Plants small faults in the modules of a package, one at a time, and counts those its tests catch.

A fault is one changed operator, constant or condition: ``<`` for ``<=``, ``+`` for ``-``, 7 for 8,
``and`` for ``or``, a condition turned round. Which are planted is drawn from a seed, so that a
count can be repeated::

    python scripts/plant_faults.py music -n 40 --seed 1

The tests of the module run first (``tests/<package>/test_<module>.py``), then those of the whole
package, each in a forked process that finds the packages of others loaded. A fault is caught when a
test fails, or when the tests take longer than the limit. Each survivor is printed with its line,
before and after.

Written here rather than with mutmut or cosmic-ray: both copy the project or rewrite its files in
place and run its whole test suite, and neither runs the uncompiled source beside modules that mypyc
has compiled. Here the fault is applied as the module is imported, in memory, so that the files stay
as they are and an interrupted run leaves nothing behind.

Exit codes: 0 at least the share asked for is caught (--share), 1 fewer, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

ROOT = Path(__file__).resolve().parent.parent

COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Pow: ast.Mult,
}
_IMPORTED: Final = re.compile(r"""(?:^ *import |^ *from |importorskip\(["'])([\w.]+)""", re.M)


@dataclass(frozen=True)
class Fault:
    """One change of a module: ``number`` counts the places that can be changed in it."""

    path: Path
    number: int
    line: int
    before: str
    after: str
    source: str

    @property
    def module(self) -> str:
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package", help="a package of chatmusician: music, abc, abc/transform")
    parser.add_argument("-n", type=int, default=40, help="faults to plant (40)")
    parser.add_argument("--seed", type=int, default=0, help="which of them (0)")
    parser.add_argument("--module", default="", help="only in this module of the package")
    parser.add_argument(
        "--seconds", type=int, default=240, help="processor time of one test run (240)"
    )
    parser.add_argument("--share", type=float, default=0.85, help="to be caught (0.85)")
    args = parser.parse_args()
    folder = ROOT / "chatmusician" / args.package
    if not folder.is_dir():
        parser.error(f"no package {args.package}")
    drawn = draw(folder, args.module, args.n, args.seed)
    if not drawn:
        parser.error("nothing to change there")
    tests = tests_of(drawn[0].path)[-1]
    load_what_tests_import(tests)
    if _fails(unchanged(drawn[0].path), tests, args.seconds):
        parser.error(f"{tests.relative_to(ROOT)} fails without any fault")
    survivors = []
    for number, fault in enumerate(drawn, 1):
        seen = caught(fault, args.seconds)
        name = fault.path.relative_to(ROOT)
        print(f"{number}/{len(drawn)} {'caught' if seen else 'SURVIVED'} {name}:{fault.line}")
        if not seen:
            survivors.append(fault)
            print(f"    - {fault.before}\n    + {fault.after}")
        sys.stdout.flush()
    share = 1 - len(survivors) / len(drawn)
    print(f"{len(drawn) - len(survivors)} of {len(drawn)} faults caught ({share:.0%})")
    return 0 if share >= args.share else 1


def draw(folder: Path, module: str, count: int, seed: int) -> list[Fault]:
    """Faults drawn from all places of the package's modules, each place once."""
    paths = sorted(folder.glob(f"{module}.py" if module else "*.py"))
    places = [(path, number) for path in paths for number in range(count_places(path))]
    chosen = random.Random(seed).sample(places, min(count, len(places)))
    return [plant(path, number) for path, number in chosen]


def count_places(path: Path) -> int:
    return sum(1 for _ in changes(ast.parse(path.read_text(encoding="utf-8"))))


def plant(path: Path, number: int) -> Fault:
    """The module with the change of one place; docstrings and annotations are no places."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for at, (parent, field, index, new) in enumerate(changes(tree)):
        if at != number:
            continue
        old = getattr(parent, field) if index is None else getattr(parent, field)[index]
        line = getattr(old, "lineno", getattr(parent, "lineno", 0))
        before = ast.unparse(parent)
        if index is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[index] = new
        after = ast.unparse(parent)
        return Fault(
            path, number, line, before, after, ast.unparse(ast.fix_missing_locations(tree))
        )
    raise ValueError(f"{path} has no place {number}")


def unchanged(path: Path) -> Fault:
    """The module as it is, written again from its tree."""
    source = ast.unparse(ast.parse(path.read_text(encoding="utf-8")))
    return Fault(path, -1, 0, "", "", source)


# A node, the name of its field, an index into that field if it is a list, and what to put there.
Change = tuple[ast.AST, str, "int | None", ast.AST]


def changes(tree: ast.AST) -> Iterator[Change]:
    """All changes of a tree, in the order of its nodes."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list") or _is_docstring(node, value):
                continue
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST) and not _is_docstring(node, child):
                    yield from ((node, field, index, new) for new in replacements(node, child))


def replacements(parent: ast.AST, node: ast.AST) -> Iterator[ast.AST]:
    """What one operator, constant or condition may be changed to."""
    if isinstance(node, ast.cmpop) and type(node) in COMPARED:
        yield COMPARED[type(node)]()
    elif isinstance(node, ast.operator) and type(node) in COMPUTED:
        yield COMPUTED[type(node)]()
    elif isinstance(node, ast.And):
        yield ast.Or()
    elif isinstance(node, ast.Or):
        yield ast.And()
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(parent, ast.If | ast.IfExp | ast.While) and node is parent.test:
        yield ast.UnaryOp(ast.Not(), copy.deepcopy(node))


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value:
        yield ast.Constant(value + "x")
    elif isinstance(value, bytes) and value:
        yield ast.Constant(value + b"x")


def _is_docstring(parent: ast.AST, node: object) -> bool:
    """Texts that stand alone document a module, a function or the name above them."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(parent, ast.Expr) and isinstance(node, ast.Constant)


class Planted(importlib.abc.MetaPathFinder):
    """Imports our modules from source, also where they lie compiled, one of them with a fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if not name.startswith("chatmusician.") or not file.is_file():
            return None
        fault = self.fault if name == self.fault.module else None
        return importlib.util.spec_from_loader(name, _Source(name, str(file), fault))


class _Source(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, file: str, fault: Fault | None) -> None:
        super().__init__(name, file)
        self.fault = fault

    def get_code(self, fullname: str) -> CodeType | None:
        if self.fault is None:
            return super().get_code(fullname)
        return compile(self.fault.source, self.path, "exec")


def tests_of(path: Path) -> list[Path]:
    """The tests of a module, then those of its package; the former are among the latter."""
    package = path.parent.relative_to(ROOT / "chatmusician").as_posix()
    folder = ROOT / "tests" / package.split("/")[0]
    own = folder / f"test_{path.stem}.py"
    return [own, folder] if own.is_file() else [folder]


def load_what_tests_import(tests: Path) -> None:
    """Import the packages of others that tests use, so that each child finds them loaded."""
    names: set[str] = set()
    for path in sorted(tests.rglob("*.py")):
        names.update(_IMPORTED.findall(path.read_text(encoding="utf-8")))
    for name in sorted(names):
        if name.split(".")[0] not in ("chatmusician", "tests", "benchmarks"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def caught(fault: Fault, seconds: int) -> bool:
    """Whether a test of the module or of its package fails, or they take too long."""
    return any(_fails(fault, tests, seconds) for tests in tests_of(fault.path))


def _fails(fault: Fault, tests: Path, seconds: int) -> bool:
    child = os.fork()
    if not child:
        _test(fault, tests, seconds)
    _, status = os.waitpid(child, 0)
    return status != 0


def _test(fault: Fault, tests: Path, seconds: int) -> None:
    """Never returns: the child process ends here, with the exit code of the tests."""
    code = 70
    try:
        # Processor time, so that a busy machine does not count as a fault that was noticed.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.meta_path.insert(0, Planted(fault))
        sys.dont_write_bytecode = True
        import pytest

        plain = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow"]
        code = int(pytest.main([*plain, str(tests)]))
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
