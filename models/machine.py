"""What this machine has: how much of its memory can still be used."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

NO_LIMIT = 1 << 62


def free_bytes(*, proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return the bytes that can still be used here: free memory, or what a container's limit leaves of it.

    None where the system does not tell. Page cache counts as free, as it makes way.
    """
    free = _available_in_meminfo(proc / "meminfo")
    if free is None:
        return _available_elsewhere()
    return max(0, min([free, *_left_in_cgroups(proc, cgroup)]))


def _available_in_meminfo(path: Path) -> int | None:
    try:
        lines = path.read_text().splitlines()
        kibibytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest}
    except (OSError, ValueError, IndexError):
        return None
    return kibibytes["MemAvailable"] * 1024 if "MemAvailable" in kibibytes else None


def _available_elsewhere() -> int | None:
    """Without /proc (macOS) only the whole memory is known; three quarters of it are taken to be usable."""
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 * 3
    except (ValueError, OSError):
        return None


def _left_in_cgroups(proc: Path, root: Path) -> Iterator[int]:
    """Yield what each limit on the way from this process's group up to the root leaves."""
    try:
        groups = [line.split(":", 2) for line in (proc / "self" / "cgroup").read_text().splitlines()]
    except OSError:
        return
    for _, controllers, name in (group for group in groups if len(group) == 3):
        if controllers == "":
            yield from _walk(root, name, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            yield from _walk(
                root / "memory", name, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            )


def _walk(root: Path, name: str, limit_file: str, usage_file: str, cache_key: str) -> Iterator[int]:
    parts = [part for part in name.split("/") if part not in ("", "..")]
    for depth in range(len(parts), -1, -1):
        # In a container the group's name is the host's, and only the root of the tree is mounted.
        folder = root.joinpath(*parts[:depth])
        limit, usage = _read_number(folder / limit_file), _read_number(folder / usage_file)
        if limit is not None and usage is not None and limit < NO_LIMIT:
            yield limit - usage + _read_stat(folder / "memory.stat", cache_key)


def _read_number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _read_stat(path: Path, key: str) -> int:
    try:
        pairs = (line.split() for line in path.read_text().splitlines())
        return next((int(pair[1]) for pair in pairs if len(pair) == 2 and pair[0] == key), 0)
    except (OSError, ValueError):
        return 0
