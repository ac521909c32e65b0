"""What is learned about an Ollama server's memory from one look after another."""

from models.ollama.server_memory import LoadedModel, ServerMemory

CPU = LoadedModel(100, 0, expires_at=1e12)


def test_models_seen_side_by_side_fit_together() -> None:
    memory = ServerMemory()
    assert memory.fits({"a", "b"}) is None
    memory.look({"a": CPU, "b": CPU}, now=0)
    assert memory.fits({"a", "b"}) is True


def test_a_model_that_had_to_go_for_another_does_not_fit_beside_it() -> None:
    memory = ServerMemory()
    memory.look({"a": CPU}, now=0)
    memory.look({"b": CPU}, now=0)
    assert memory.fits({"a", "b"}) is False
    assert memory.fits({"a", "b", "c"}) is False
    memory.look({"a": CPU, "b": CPU}, now=0)
    assert memory.fits({"a", "b"}) is True


def test_what_fitted_once_is_doubted_when_a_model_has_to_go() -> None:
    memory = ServerMemory()
    memory.look({"a": CPU, "b": CPU}, now=0)
    memory.look({"a": CPU}, now=0)
    memory.look({"b": CPU}, now=0)
    assert memory.fits({"a", "b"}) is False


def test_a_model_that_left_in_its_time_proves_nothing() -> None:
    memory = ServerMemory()
    memory.look({"a": LoadedModel(100, 0, expires_at=50)}, now=0)
    memory.look({"b": CPU}, now=60)
    assert memory.fits({"a", "b"}) is None


def test_what_is_larger_than_what_did_not_fit_does_not_fit_either() -> None:
    memory = ServerMemory()
    memory.know_sizes({"big": 200, "bigger": 300, "small": 10})
    memory.look({"a": CPU}, now=0)
    memory.look({"b": CPU}, now=0)
    assert memory.fits({"big", "bigger"}) is False
    assert memory.fits({"small", "big"}) is False
    assert memory.fits({"small", "a"}) is None
    memory.look({"a": CPU, "small": LoadedModel(60, 0)}, now=0)
    memory.know_sizes({"tiny": 5, "tinier": 4})
    assert memory.fits({"tiny", "tinier"}) is True


def test_a_model_that_only_partly_fits_the_gpu_fits_beside_nothing() -> None:
    memory = ServerMemory()
    memory.look({"a": LoadedModel(100, 60)}, now=0)
    assert memory.fits({"a", "b"}) is False
