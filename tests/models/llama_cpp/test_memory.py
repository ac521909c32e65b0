"""What is free, by the files in which Linux says so, and what a model needs."""

from pathlib import Path

import pytest

from models.errors import OutOfMemoryError
from models.llama_cpp.memory import check_memory, estimate_need
from models.machine import free_bytes
from models.text import Bytes, verbatim
from models.weights.gguf_header import read_header

GIB = 1 << 30


def write(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def measure(root: Path) -> int | None:
    return free_bytes(proc=root / "proc", cgroup=root / "cgroup")


def make_machine(root: Path, *, available: int, group: str = "0::/\n") -> None:
    meminfo = f"MemTotal: {64 * GIB // 1024} kB\nMemFree: 1 kB\nMemAvailable: {available // 1024} kB\n"
    write(root, {"proc/meminfo": meminfo, "proc/self/cgroup": group})


def test_free_memory_is_what_the_system_calls_available(tmp_path: Path) -> None:
    make_machine(tmp_path, available=8 * GIB)
    assert measure(tmp_path) == 8 * GIB


def test_a_containers_limit_bounds_it_and_page_cache_counts_as_free(tmp_path: Path) -> None:
    make_machine(tmp_path, available=32 * GIB)
    stat = f"anon {GIB}\ninactive_file {GIB}\nactive_file 5\n"
    write(
        tmp_path,
        {"cgroup/memory.max": f"{4 * GIB}", "cgroup/memory.current": f"{3 * GIB}", "cgroup/memory.stat": stat},
    )
    assert measure(tmp_path) == 2 * GIB


def test_the_tightest_limit_on_the_way_to_the_root_counts(tmp_path: Path) -> None:
    make_machine(tmp_path, available=32 * GIB, group="0::/user.slice/session\n")
    for folder, limit in (("user.slice", "6"), ("user.slice/session", "max"), ("", "max")):
        limit_bytes = limit if limit == "max" else str(int(limit) * GIB)
        write(tmp_path / "cgroup" / folder, {"memory.max": limit_bytes, "memory.current": str(GIB), "memory.stat": ""})
    assert measure(tmp_path) == 5 * GIB


def test_limits_of_the_older_kind_count_too(tmp_path: Path) -> None:
    make_machine(tmp_path, available=32 * GIB, group="5:cpu:/x\n4:memory:/docker/abc\n")
    write(
        tmp_path / "cgroup" / "memory",
        {
            "docker/abc/memory.limit_in_bytes": str(3 * GIB),
            "docker/abc/memory.usage_in_bytes": str(GIB),
            "memory.limit_in_bytes": "9223372036854771712",
            "memory.usage_in_bytes": str(GIB),
        },
    )
    assert measure(tmp_path) == 2 * GIB


def test_a_container_over_its_limit_has_nothing_free(tmp_path: Path) -> None:
    make_machine(tmp_path, available=32 * GIB)
    write(tmp_path, {"cgroup/memory.max": str(GIB), "cgroup/memory.current": str(2 * GIB)})
    assert measure(tmp_path) == 0


@pytest.mark.parametrize("meminfo", ["", "MemTotal: 5 kB\n", "MemAvailable: lots kB\n"])
def test_a_system_that_does_not_tell_is_judged_by_its_whole_memory(tmp_path: Path, meminfo: str) -> None:
    write(tmp_path, {"proc/meminfo": meminfo})
    free = measure(tmp_path)
    assert free is None or free > GIB // 2


def test_this_machine_tells_what_is_free() -> None:
    free = free_bytes()
    assert free is None or free > 0


def test_the_need_grows_with_the_context(tiny_gguf: Path) -> None:
    header = read_header(tiny_gguf)
    size = tiny_gguf.stat().st_size
    short = estimate_need(header, size, context_tokens=1000)
    assert short > size
    assert estimate_need(header, size, context_tokens=3000) - short == 2000 * header.kv_bytes_per_token


def test_what_does_not_fit_is_refused_with_both_numbers() -> None:
    check_memory(4_000_000_000, 4_000_000_000, what=verbatim("'m'"))
    with pytest.raises(OutOfMemoryError, match=r"'big:70b' needs about 40\.0 GB, but 8\.0 GB are.*smaller model"):
        check_memory(40_000_000_000, 8_000_000_000, what=verbatim("'big:70b'"))


def test_without_a_budget_what_is_free_now_decides() -> None:
    with pytest.raises(OutOfMemoryError, match="free on this machine"):
        check_memory(1 << 60, None, what=verbatim("'m'"))
    check_memory(1, None, what=verbatim("'m'"))


def test_amounts_are_written_for_people() -> None:
    assert (str(Bytes(2_019_377_696)), str(Bytes(811_456))) == ("2.0 GB", "0.8 MB")
