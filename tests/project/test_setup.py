"""Requirements, Makefile, scripts and the build: what a newcomer meets first."""

from __future__ import annotations

import configparser
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from chatmusician.cli.inventory import PACKAGES, compiled_modules

SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[.*?\])?([=<>!~]=?[^;\s]+)?")
ORDERED = {
    "torch",
    "transformers",
    "peft",
    "deepspeed",
    "music21",
    "pretty-midi",
    "datasets",
    "gradio",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        if line and not line.startswith(("#", "-")):
            match = REQUIREMENT.match(line)
            assert match, line
            found[normal(match[1])] = match[2] or ""
    return found


@pytest.fixture
def full(root: Path) -> dict[str, str]:
    return requirements((root / "requirements.txt").read_text())


@pytest.fixture
def no_deps(root: Path) -> dict[str, str]:
    return requirements((root / "requirements-no-deps.txt").read_text())


@pytest.fixture
def config(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(root / "setup.cfg", encoding="utf-8")
    return parser


def test_requirements_hold_what_was_ordered(full: dict[str, str]) -> None:
    assert set(full) >= ORDERED


def test_every_requirement_is_pinned(full: dict[str, str], no_deps: dict[str, str]) -> None:
    for name, version in {**full, **no_deps}.items():
        assert version.startswith("=="), name


def test_no_requirement_is_or_brings_tensorflow(
    full: dict[str, str], no_deps: dict[str, str]
) -> None:
    for name in full:
        assert not name.startswith(("tensorflow", "tf-", "keras", "jax"))
    assert set(no_deps) == {"basic-pitch", "tinysoundfont"}
    assert not set(full) & set(no_deps)


def test_extras_are_within_the_tested_set(
    full: dict[str, str], config: configparser.ConfigParser
) -> None:
    extras = config["options.extras_require"]
    assert set(extras) == {"compose", "scores", "train", "eval", "audio", "demo", "gguf", "all"}
    for name in set(extras) - {"gguf", "all"}:
        assert set(requirements(extras[name])) <= set(full), name
    core = requirements(config["options"]["install_requires"])
    assert set(core) == {"mypy-extensions"}


def test_all_takes_every_extra_that_installs_quickly(config: configparser.ConfigParser) -> None:
    extras = config["options.extras_require"]
    (line,) = extras["all"].split()
    named = set(line.removeprefix("chatmusician[").removesuffix("]").split(","))
    assert named == set(extras) - {"all", "gguf"}


def test_doctor_knows_every_requirement(full: dict[str, str], no_deps: dict[str, str]) -> None:
    known = {normal(package.name): package for package in PACKAGES}
    assert set(full) - {"mypy-extensions"} | set(no_deps) <= set(known)
    for name, version in no_deps.items():
        assert known[name].get.endswith(f"{name}{version}")


def test_doctor_names_extras_that_have_the_package(config: configparser.ConfigParser) -> None:
    extras = config["options.extras_require"]
    for package in PACKAGES:
        extra = re.search(r"\.\[(\w+)\]", package.get)
        if extra:
            assert normal(package.name) in requirements(extras[extra[1]])


def test_no_deps_hint_is_in_the_readme(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "pip install --no-deps -r requirements-no-deps.txt" in readme


def test_build_and_tests_use_one_mypy(root: Path) -> None:
    (pinned,) = re.findall(r'"(mypy==[^"]+)"', (root / "pyproject.toml").read_text())
    assert pinned in (root / "requirements-dev.txt").read_text().splitlines()


def make_targets(root: Path) -> dict[str, str]:
    makefile = (root / "Makefile").read_text()
    return dict(re.findall(r"^([a-z-]+):[^#=\n]*(?:## (.*))?$", makefile, re.MULTILINE))


def test_every_make_target_is_documented(root: Path) -> None:
    targets = make_targets(root)
    assert set(targets) >= {
        *("compose", "test", "test-all", "check", "bench", "docs", "format", "clean", "help"),
        *("setup", "setup-full"),
    }
    assert all(targets.values()), targets


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_lists_the_targets(root: Path) -> None:
    done = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True)
    for target, text in make_targets(root).items():
        assert re.search(rf"^{target} +{re.escape(text)}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("script", ["scripts/setup.sh", "scripts/compose.sh", ".ci/run"])
def test_scripts_are_executable_bash(root: Path, script: str) -> None:
    assert os.access(root / script, os.X_OK)
    subprocess.run(["bash", "-n", root / script], check=True)


def fake_tree(root: Path, tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(root / "scripts/setup.sh", tmp_path / "scripts")
    return tmp_path / "scripts/setup.sh"


def run_setup(script: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["bash", script, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def fake_python(folder: Path, body: str) -> str:
    program = folder / "python3-fake"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(program)


def test_setup_without_python(root: Path, tmp_path: Path) -> None:
    said = run_setup(fake_tree(root, tmp_path), PYTHON="no-such-python")
    assert "set-up failed: finding Python (no-such-python)" in said
    assert "what to do: install Python 3.10 or newer" in said


def test_setup_with_an_old_python(root: Path, tmp_path: Path) -> None:
    old = fake_python(tmp_path, '[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    assert "Python 3.9.2 is too old" in run_setup(fake_tree(root, tmp_path), PYTHON=old)


def test_setup_without_ensurepip(root: Path, tmp_path: Path) -> None:
    bare = fake_python(tmp_path, "case $2 in *ensurepip*) exit 1 ;; esac")
    said = run_setup(fake_tree(root, tmp_path), PYTHON=bare)
    assert "no venv or ensurepip module" in said
    assert "apt-get install python3-venv" in said


def test_setup_says_which_step_failed_and_why(root: Path, tmp_path: Path) -> None:
    broken = fake_python(tmp_path, '[ "$2" = venv ] && echo the disk is on fire && exit 1; exit 0')
    said = run_setup(fake_tree(root, tmp_path), PYTHON=broken)
    assert "set-up failed: creating .venv" in said
    assert "    the disk is on fire" in said


def test_setup_of_an_unknown_size(root: Path, tmp_path: Path) -> None:
    assert "no set-up called 'huge'" in run_setup(fake_tree(root, tmp_path), "huge")


def stale_modules(root: Path) -> Callable[[Path], list[str]]:
    found = runpy.run_path(str(root / "tests/conftest.py"))["stale_modules"]
    assert callable(found)
    return found  # type: ignore[no-any-return]


def test_stale_compiled_module_is_noticed(root: Path, tmp_path: Path) -> None:
    for name in (f"_core__mypyc{SUFFIX}", f"reader{SUFFIX}", "reader.py", "writer.py"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (100, 100))
    assert stale_modules(root)(tmp_path) == []
    os.utime(tmp_path / "writer.py", (200, 200))
    assert stale_modules(root)(tmp_path) == []
    os.utime(tmp_path / "reader.py", (200, 200))
    assert stale_modules(root)(tmp_path) == ["reader.py"]


@pytest.mark.skipif(os.environ.get("CHATMUSICIAN_PURE") == "1", reason="uncompiled on purpose")
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_core_is_compiled(root: Path, config: configparser.ConfigParser) -> None:
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.is_file():
        pytest.skip("no Python headers")
    hot = [
        Path(name).with_suffix("").relative_to("chatmusician").parts
        for name in config["mypyc"]["modules"].split()
    ]
    assert compiled_modules() == sorted(".".join(parts) for parts in hot)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"CHATMUSICIAN_PURE": "1"}, "CHATMUSICIAN_PURE=1 is set"),
        ({"CC": "no-such-compiler"}, "no C compiler found"),
        ({"CC": "false"}, "the C compiler failed"),
    ],
    ids=["asked for", "no compiler", "broken compiler"],
)
def test_builds_without_a_compiler(
    root: Path, tmp_path: Path, environment: dict[str, str], reason: str
) -> None:
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(root / "chatmusician", tmp_path / "chatmusician", ignore=ignored)
    for name in ("setup.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, tmp_path)
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build"],
        cwd=tmp_path,
        env={**os.environ, "CHATMUSICIAN_PURE": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"chatmusician: installing without the compiled core: {reason}" in done.stderr
    built = list((tmp_path / "build").rglob("abc/reader.py"))
    assert len(built) == 1
    assert not list((tmp_path / "build").glob("lib*/**/*.so"))
