from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

GOOD = "X:1\nT:Good\nL:1/4\nM:4/4\nK:C\nCDEF|GABc|]\n"
SHORT = "X:1\nT:Short\nL:1/4\nM:4/4\nK:C\nCDEF|GAB|CDEF|]\n"
FIXABLE = "T:No number\nL:1/4\nM:4/4\nK:C\nCDEF|GABc|]\n"


@pytest.fixture
def tunes(tmp_path: Path) -> Path:
    (tmp_path / "good.abc").write_text(GOOD)
    (tmp_path / "short.abc").write_text(SHORT)
    (tmp_path / "fixable.abc").write_text(FIXABLE)
    (tmp_path / "empty.abc").write_bytes(b"")
    (tmp_path / "binary.abc").write_bytes(b"X:1\nK:C\n\0\1\2")
    (tmp_path / "wide.abc").write_bytes(GOOD.encode("utf-16"))
    (tmp_path / "folder.abc").mkdir()
    return tmp_path


@pytest.mark.usefixtures("tunes")
class TestReport:
    def test_clean_file(self, chatmusician: Run) -> None:
        done = chatmusician("check", "good.abc", code=0)
        assert done.stdout == ""
        assert done.stderr == "0 errors, 0 warnings in 1 tune, 1 file\n"

    def test_problem_has_place_code_and_hint(self, chatmusician: Run) -> None:
        done = chatmusician("check", "short.abc", code=1)
        line, hint = done.stdout.splitlines()
        place, rest = line.split(": ", 1)
        assert place.startswith("short.abc:6:")
        assert rest.startswith("error bar-too-short: ")
        assert hint.startswith("  hint: ")

    def test_quiet_prints_nothing(self, chatmusician: Run) -> None:
        done = chatmusician("check", "-q", "short.abc", code=1)
        assert done.stdout == done.stderr == ""

    def test_stdin(self, chatmusician: Run) -> None:
        assert chatmusician("check", "-", stdin=GOOD, code=0).stdout == ""
        assert chatmusician("check", "-", stdin=SHORT, code=1).stdout.startswith("<stdin>:6:")

    def test_stdin_only_once(self, chatmusician: Run) -> None:
        assert "only once" in chatmusician("check", "-", "-", code=2).stderr

    def test_infos_do_not_fail(self, chatmusician: Run) -> None:
        untitled = GOOD.replace("T:Good\n", "")
        done = chatmusician("check", "-", stdin=untitled, code=0)
        assert "info missing-title" in done.stdout
        assert "1 info" in done.stderr

    def test_severity_leaves_out_the_milder(self, chatmusician: Run) -> None:
        done = chatmusician("check", "--severity", "error", "fixable.abc", code=0)
        assert done.stdout == ""
        assert chatmusician("check", "--severity", "warning", "fixable.abc", code=1).stdout

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("gone.abc", "gone.abc: no such file"),
            ("folder.abc", "folder.abc: is a folder, not a file"),
            ("empty.abc", "empty.abc: the file is empty"),
            ("binary.abc", "binary.abc: is a binary file (NUL byte at 8)"),
            ("wide.abc", "wide.abc: is UTF-16 text"),
        ],
    )
    def test_unusable_file_costs_only_itself(self, chatmusician: Run, name: str, said: str) -> None:
        done = chatmusician("check", name, "short.abc", code=1)
        assert f"chatmusician: error: {said}\n" in done.stderr
        assert "short.abc:6:" in done.stdout
        assert "1 file not read" in done.stderr
        assert chatmusician("check", name, "good.abc").returncode == 1


@pytest.mark.usefixtures("tunes")
class TestJson:
    def test_shape(self, chatmusician: Run) -> None:
        done = chatmusician("check", "--json", "good.abc", "short.abc", "gone.abc", code=1)
        report = json.loads(done.stdout)
        good, short, gone = report["files"]
        assert good == {
            "path": "good.abc",
            "tunes": 1,
            "diagnostics": [],
            "fixed": [],
            "error": None,
        }
        (found,) = short["diagnostics"]
        assert found["code"] == "bar-too-short"
        assert found["kind"] == "bar-length"
        assert found["severity"] == "error"
        assert found["line"] == 6
        assert set(found) == {"code", "kind", "severity", "line", "column", "message", "hint"}
        assert gone["error"]["message"] == "gone.abc: no such file"
        assert report["summary"]["error"] == 1
        assert report["summary"]["unreadable"] == 1
        assert report["summary"]["tunes"] == 2

    def test_nothing_else_on_stdout(self, chatmusician: Run) -> None:
        assert chatmusician("check", "--json", "good.abc", code=0).stdout.startswith("{")


class TestSarif:
    def run(self, chatmusician: Run, *files: str) -> dict[str, object]:
        report = json.loads(chatmusician("check", "--sarif", *files).stdout)
        assert report["version"] == "2.1.0"
        assert "sarif" in report["$schema"]
        (run,) = report["runs"]
        assert isinstance(run, dict)
        return run

    def test_structure(self, chatmusician: Run, tunes: Path) -> None:
        (tunes / "odd näme #1.abc").write_text(SHORT)
        run = json.loads(json.dumps(self.run(chatmusician, "odd näme #1.abc")))
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        (result,) = run["results"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "bar-too-short"
        assert result["level"] == "error"
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "odd%20n%C3%A4me%20%231.abc"
        assert place["region"]["startLine"] == 6
        assert place["region"]["startColumn"] >= 1
        assert run["invocations"][0]["executionSuccessful"] is True

    @pytest.mark.usefixtures("tunes")
    def test_unreadable_file_is_a_notification(self, chatmusician: Run) -> None:
        run = json.loads(json.dumps(self.run(chatmusician, "gone.abc")))
        (invocation,) = run["invocations"]
        assert invocation["executionSuccessful"] is False
        (notification,) = invocation["toolExecutionNotifications"]
        assert "no such file" in notification["message"]["text"]
        assert run["results"] == []

    def test_absolute_path_is_a_uri(self, chatmusician: Run, tunes: Path) -> None:
        run = json.loads(json.dumps(self.run(chatmusician, str(tunes / "short.abc"))))
        location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert location["uri"] == (tunes / "short.abc").as_uri()


class TestFix:
    def test_mends_the_file(self, chatmusician: Run, tunes: Path) -> None:
        done = chatmusician("check", "--fix", "fixable.abc", code=0)
        assert (tunes / "fixable.abc").read_text().startswith("X:1\n")
        assert "1 mended" in done.stderr
        assert sorted(p.name for p in tunes.iterdir() if p.name.startswith(".")) == []

    def test_leaves_a_clean_file_untouched(self, chatmusician: Run, tunes: Path) -> None:
        before = (tunes / "good.abc").stat().st_mtime_ns
        chatmusician("check", "--fix", "good.abc", code=0)
        assert (tunes / "good.abc").stat().st_mtime_ns == before

    def test_keeps_bytes_it_does_not_mend(self, chatmusician: Run, tunes: Path) -> None:
        data = FIXABLE.replace("No number", "Näh").replace("\n", "\r\n").encode("latin-1")
        (tunes / "latin.abc").write_bytes(data)
        chatmusician("check", "--fix", "latin.abc")
        mended = (tunes / "latin.abc").read_bytes()
        assert mended.endswith(data)
        assert mended != data

    def test_stdin_goes_to_stdout(self, chatmusician: Run) -> None:
        done = chatmusician("check", "--fix", "-", stdin=FIXABLE, code=0)
        assert done.stdout == "X:1\n" + FIXABLE

    @pytest.mark.parametrize("form", ["--json", "--sarif"])
    def test_stdin_leaves_no_room_for_a_report(self, chatmusician: Run, form: str) -> None:
        assert "no room" in chatmusician("check", "--fix", form, "-", code=2).stderr

    def test_json_lists_what_was_mended(self, chatmusician: Run, tunes: Path) -> None:
        done = chatmusician("check", "--fix", "--json", "fixable.abc", code=0)
        (fixed,) = json.loads(done.stdout)["files"][0]["fixed"]
        assert fixed["code"] == "missing-x"


def test_instrument(chatmusician: Run) -> None:
    low = GOOD.replace("CDEF", "C,,,D,,,E,,,F,,,")
    assert chatmusician("check", "-", stdin=low, code=0).stdout == ""
    assert "range" in chatmusician("check", "--instrument", "flute", "-", stdin=low, code=1).stdout


def test_unknown_instrument_is_wrong_usage(chatmusician: Run) -> None:
    done = chatmusician("check", "--instrument", "kazzoo", "-", stdin=GOOD, code=2)
    assert "kazzoo" in done.stderr
