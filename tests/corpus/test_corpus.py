"""Every kind of odd file ends as it states: a sample in every run, all of them with several seeds in the long one."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.csv import copy_into_drop
from tests.corpus.cases import File, Kind
from tests.corpus.run import run
from tests.corpus.sentences import SENTENCES
from tests.corpus.table import by_sentence

SEEDS = (1, 2)
AT_LEAST = 5
SECONDS = 60
KILOBYTES = 2 * 1024 * 1024
LIGHT = [kind for kinds in by_sentence().values() for kind in kinds if not kind.is_heavy]
HEAVY = [kind for kinds in by_sentence().values() for kind in kinds if kind.is_heavy]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Emptied by `rm`: folders a thousand deep are more than Python's own clearing up can do."""
    yield tmp_path
    subprocess.run(["rm", "-rf", *map(str, tmp_path.iterdir())], check=True)


def sample(seed: int, each: int) -> list[Kind]:
    rng = random.Random(seed)
    grouped = [[kind for kind in kinds if not kind.is_heavy] for kinds in by_sentence().values()]
    return [kind for kinds in grouped for kind in rng.sample(kinds, min(each, len(kinds)))]


def test_every_sentence_has_five_kinds_of_file() -> None:
    kinds = by_sentence()
    assert kinds.keys() == SENTENCES.keys()
    assert {key: len(found) for key, found in kinds.items() if len({kind.name for kind in found}) < AT_LEAST} == {}


def test_a_sample_ends_as_stated(folder: Path) -> None:
    assert run(sample(7, 3), 7, folder) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_ends_as_stated(folder: Path, seed: int) -> None:
    assert run(LIGHT, seed, folder) == []


def dropped(kind: Kind, seed: int, folder: Path) -> str:
    """The one file of a kind through the command, in a process of its own. Returns what is wrong."""
    (file,) = kind.case(seed).rounds[0]
    assert isinstance(file, File) and file.told
    path = Path(os.fsdecode(os.path.join(os.fsencode(folder), os.fsencode(file.name))))  # noqa: PTH118
    (file.make or (lambda p: p.write_bytes(file.content)))(path)
    home, out = folder / f"home{len(list(folder.iterdir()))}", folder / "out.txt"
    began = time.monotonic()
    with out.open("wb") as stream:
        command = [str(Path(sys.executable).with_name("revhouse")), "drop", "--", str(path)]
        environ = os.environ | {"REVHOUSE_HOME": str(home), "DO_NOT_TRACK": "1"}
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env=environ)
        _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - began
    text = out.read_text()
    path.unlink()
    wrong = []
    if os.waitstatus_to_exitcode(status) != (file.told.status == "refused"):
        wrong.append(f"exit {os.waitstatus_to_exitcode(status)}: {text[-500:]}")
    if file.told.status not in text or file.told.reason not in text.replace("\n", ""):
        wrong.append(f"does not say {file.told.summary!r}: {text[-500:]}")
    if took > SECONDS or usage.ru_maxrss > KILOBYTES:
        wrong.append(f"took {took:.0f} s and {usage.ru_maxrss // 1024} MB")
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text):
        wrong.append("writes control characters to the terminal")
    return f"[{kind.sentence} / {kind.name}] {'; '.join(wrong)}" if wrong else ""


def single(kinds: list[Kind]) -> list[Kind]:
    """Those of one file that the command can be given."""
    found = []
    for kind in kinds:
        rounds = kind.case(1).rounds if kind.build else ()
        if len(rounds) == 1 and len(rounds[0]) == 1 and isinstance(rounds[0][0], File):
            file = rounds[0][0]
            if (
                file.told
                and not file.in_folder
                and "/" not in os.fsdecode(file.name)
                and (kind.is_heavy or not file.make)
            ):
                found.append(kind)
    return found


def test_the_command_says_the_same(folder: Path) -> None:
    kinds = random.Random(11).sample(single(LIGHT), 3)
    assert [wrong for kind in kinds if (wrong := dropped(kind, 11, folder))] == []


@pytest.mark.long
def test_the_command_takes_the_heaviest_within_a_minute_and_2_gb(folder: Path) -> None:
    wrong = []
    for kind in HEAVY:
        wrong.append(dropped(kind, 1, folder))
        subprocess.run(["rm", "-rf", *map(str, folder.iterdir())], check=True)
    assert [each for each in wrong if each] == []


@pytest.mark.long
def test_the_command_says_the_same_of_many(folder: Path) -> None:
    kinds = random.Random(12).sample(single(LIGHT), 15)
    assert [wrong for kind in kinds if (wrong := dropped(kind, 12, folder))] == []


def test_what_is_not_read_is_named(folder: Path) -> None:
    mine = folder / "mine"
    (mine / "deep").mkdir(parents=True)
    (mine / "deep" / "good.csv").write_text("customer_id,name\n1,a\n")
    (mine / "deep" / "link.csv").symlink_to("/etc/hostname")
    (mine / ".hidden").write_text("x")
    os.mkfifo(mine / "pipe")
    environ = os.environ | {"REVHOUSE_HOME": str(folder / "home")}
    found = subprocess.run(
        [str(Path(sys.executable).with_name("revhouse")), "drop", str(mine)],
        capture_output=True,
        text=True,
        env=environ,
        check=True,
    ).stdout
    assert [line.split(": ", 2)[1:] for line in found.splitlines() if line.startswith("not read")] == [
        [str(mine / ".hidden"), "hidden"],
        [str(mine / "deep" / "link.csv"), "neither a file nor a folder (links and pipes are not read)"],
        [str(mine / "pipe"), "neither a file nor a folder (links and pipes are not read)"],
    ]
    told: list[str] = []
    copy_into_drop(folder / "other", [mine], None, lambda path, _: told.append(path.name))
    assert told == [".hidden", "link.csv", "pipe"]
