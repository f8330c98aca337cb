"""A build that is killed leaves the old release whole, wherever it was."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from ecosystem_graph.releases import ReleaseStore, build
from mini import make_repository, write_dataset

KILLS = 12
SEED = 20261121


def test_kill_9_at_random_moments_leaves_a_whole_release(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    store = ReleaseStore(tmp_path / "home")
    started = time.perf_counter()
    assert _finish(_start(repository, store.home)) == 0
    whole_build = time.perf_counter() - started
    moments = random.Random(SEED)  # noqa: S311  # moments, not secrets
    killed = 0
    for number in range(KILLS):
        current = store.current()
        write_dataset(repository, _region(number))
        process = _start(repository, store.home)
        time.sleep(moments.uniform(0.5, 1.05) * whole_build)
        process.kill()
        killed += _finish(process) == -9
        after = store.current()
        assert store.verify(after) == [], f"kill {number}"
        assert after == current or after.parent == current.id, f"kill {number}"
    assert killed >= KILLS // 3, "most builds ended before they were killed"
    # What the killed builds left behind does not hinder the next one, which tidies up.
    write_dataset(repository, _region(KILLS))
    assert store.verify(build(repository, store).release) == []
    assert list(store.home.rglob(".unfinished-*")) == []


def _region(number: int) -> str:
    return (
        f'\n<id/region/r{number}> a eco:Region ; skos:prefLabel "Region {number}"@en ; '
        "eco:regionKind <scheme/region-kind/administrative> .\n"
    )


def _start(repository: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ecosystem_graph", "--home", home, "build"]
    return subprocess.Popen([*command, "--root", repository], stderr=subprocess.DEVNULL)


def _finish(process: subprocess.Popen[bytes]) -> int:
    return process.wait(timeout=120)


def test_kill_9_at_every_step_of_publishing_leaves_a_whole_release(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository")
    before = ReleaseStore(tmp_path / "before")
    old = build(repository, before).release
    write_dataset(repository, _region(1))
    for step in itertools.count(1):
        store = ReleaseStore(tmp_path / f"home-{step}")
        shutil.copytree(before.home, store.home)
        killed = _finish(_start_and_kill_at_fsync(step, repository, store.home)) == -9
        assert store.verify(store.current()) == [], f"step {step}"
        if not killed:
            break
        assert (store.current() == old) == (step < LAST_STEP), f"step {step}"
    assert store.current().parent == old.id
    assert step == LAST_STEP + 1


# Two blobs, the manifest and the line that names it, each a file and its folder; once `current`
# is renamed, the new release is the current one, synced or not.
LAST_STEP = 2 * len(("blob", "blob", "manifest", "current"))


_KILL_AT_FSYNC = """
import os, signal, sys
from ecosystem_graph.cli import main

step, real, calls = int(sys.argv[1]), os.fsync, 0

def fsync(descriptor):
    global calls
    calls += 1
    if calls == step:
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)

os.fsync = fsync
main(sys.argv[2:])
"""


def _start_and_kill_at_fsync(step: int, repository: Path, home: Path) -> subprocess.Popen[bytes]:
    options = [str(step), "--home", home, "build", "--root", repository]
    return subprocess.Popen(
        [sys.executable, "-c", _KILL_AT_FSYNC, *options], stderr=subprocess.DEVNULL
    )
