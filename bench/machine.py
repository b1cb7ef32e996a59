"""What a measurement was made on: without it a number says nothing."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def cpu_model(cpuinfo: str) -> str:
    """The processor's name out of the text of /proc/cpuinfo (x86 says "model name", some ARM kernels "Model")."""
    for wanted in ("model name", "Model", "Hardware"):
        for line in cpuinfo.splitlines():
            key, _, value = line.partition(":")
            if key.strip() == wanted and value.strip():
                return " ".join(value.split())
    return platform.processor() or platform.machine()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def machine() -> dict[str, str | int]:
    """Cores we may use, memory (MB), processor, Python and kernel of this machine."""
    memory = next(
        (line.split()[1] for line in _text("/proc/meminfo").splitlines() if line.startswith("MemTotal:")), "0"
    )
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int(memory) // 1024,
        "cpu": cpu_model(_text("/proc/cpuinfo")),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "kernel": f"{platform.system()} {platform.release()}",
    }
