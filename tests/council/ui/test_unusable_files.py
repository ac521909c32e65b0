"""The page names the files that were found and cannot be used, to those whose machine it is."""

from pathlib import Path

from council.settings import Settings
from council.translation import translator
from council.ui.models.backend_status import render_alerts
from models.base import LLAMA_CPP, Health, ModelCard
from models.errors import WeightsError
from models.text import lazy_gettext as _

FAULT = WeightsError(_("'/models/<b>half.gguf' is cut short."), advice=_("Fetch the file again."))
HEALTH = Health(LLAMA_CPP, True, models=(ModelCard("good", LLAMA_CPP),), faults=(FAULT,))


def alerts(tmp_path: Path, *, is_public: bool = False) -> str:
    settings = Settings(_env_file=None, data_dir=tmp_path, allow_public=is_public)
    return render_alerts([HEALTH], [], settings, translator("en"))


def test_a_file_that_cannot_be_used_is_named_with_reason_and_advice(tmp_path: Path) -> None:
    shown = alerts(tmp_path)
    assert "1 file cannot be used" in shown
    assert "&lt;b&gt;half.gguf" in shown and "is cut short. Fetch the file again." in shown


def test_strangers_are_told_nothing_of_the_machines_folders(tmp_path: Path) -> None:
    assert "half.gguf" not in alerts(tmp_path, is_public=True)
