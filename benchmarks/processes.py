"""Jobs in processes of their own: the memory and the threads of one contender are nobody else's."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.contenders import Entry
    from benchmarks.job import Job

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


class JobError(Exception):
    """A contender's process failed; the message says where its log is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What every process gets.

    Attributes:
        threads: Threads of the numerical libraries.
        cores: Cores that all of them run on, one process at a time.
        timeout: Seconds after which a process is ended.
    """

    threads: int = 1
    cores: int = 2
    timeout: float = 5400.0

    def bind(self) -> None:
        """Keep this process, and so its children, on the first of its cores."""
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: self.cores])

    def environment(self) -> dict[str, str]:
        """Return the environment of a process."""
        threads = dict.fromkeys(_THREADS, str(self.threads))
        # No peer looks anything up, and none writes a bar or a warning into its log for long.
        return {**os.environ, **threads, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}


def carry_out(entry: Entry, job: Job, folder: Path, limits: Limits) -> dict[str, Any]:
    """Run a job and return its measures.

    Raises:
        JobError: If the process fails or takes too long.
    """
    stem = f"{job.model}-{job.seed}"
    request, answer = folder / f"{stem}.job.json", folder / f"{stem}.job.answer.json"
    log = folder / f"{stem}.log"
    job.write(request)
    command = [str(entry.python), "-m", f"benchmarks.{entry.module}", str(request)]
    try:
        with log.open("w") as output:
            subprocess.run(
                command,
                cwd=ROOT,
                env=limits.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=limits.timeout,
                check=True,
            )
        measures: dict[str, Any] = json.loads(answer.read_text())
    except (subprocess.SubprocessError, FileNotFoundError) as error:
        last = log.read_text().strip().splitlines()[-1:] or ["no output"]
        place = log.relative_to(ROOT) if log.is_relative_to(ROOT) else log
        raise JobError(f"{entry.name}, seed {job.seed}: {last[0]} (see {place})") from error
    else:
        return measures
    finally:
        request.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)
