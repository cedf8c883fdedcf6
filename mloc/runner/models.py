"""Models in Python: the codec of each kind, from a fitted object to its file and back."""

from __future__ import annotations

import importlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Callable, Protocol, cast

from .scalars import Invalid


@dataclass(frozen=True)
class Codec:
    """How a kind is kept: the library it needs, the end of its file's name, writing, and reading as an annotated class (or None)."""

    library: str
    suffix: str
    save: Callable[[ModuleType, object, Path], None]
    load: Callable[[ModuleType, Path, type | None], object]


def save_model(kind: str | None, model: object, where: str, out: Path) -> Path:
    """The file of a model that a step returned as an object. Raises Invalid for a kind without a codec."""
    if kind is None:
        raise Invalid(f"`{where}`: the step gave a {type(model).__name__}, and `Model` names no kind to keep it by; return a pathlib.Path")
    codec = _codec(kind, where, "return a pathlib.Path")
    path = out / f"{where.replace('/', '_')}{codec.suffix}"
    try:
        codec.save(_library(codec, kind, where), model, path)
    except (AttributeError, TypeError, ValueError, pickle.PicklingError) as error:
        raise Invalid(f"`{where}`: the {type(model).__name__} cannot be kept as Model[{kind}]: {type(error).__name__}: {error}") from error
    return path


def load_model(kind: str | None, path: Path, hint: object, where: str) -> object:
    """The model of a file. Raises Invalid when its kind has no codec: then only a path can be taken."""
    if kind is None:
        raise Invalid(f"`{where}`: the model's kind is not known; annotate the parameter as pathlib.Path")
    codec = _codec(kind, where, "annotate the parameter as pathlib.Path")
    if path.is_dir():
        raise Invalid(f"`{where}`: the model was made as a directory, which has no codec; annotate the parameter as pathlib.Path")
    return codec.load(_library(codec, kind, where), path, hint if isinstance(hint, type) else None)


def _codec(kind: str, where: str, instead: str) -> Codec:
    codec = _CODECS.get(kind)
    if codec is None:
        raise Invalid(f"`{where}`: there is no codec for Model[{kind}] (there are {', '.join(_CODECS)}); {instead}")
    return codec


def _library(codec: Codec, kind: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(codec.library)
    except ModuleNotFoundError as error:
        if error.name != codec.library.partition(".")[0]:
            raise
        raise Invalid(f"`{where}`: Model[{kind}] needs the Python package `{error.name}`, which is not installed here") from None


def _save_joblib(joblib: ModuleType, model: object, path: Path) -> None:
    joblib.dump(model, path)


def _load_joblib(joblib: ModuleType, path: Path, _: type | None) -> object:
    loaded: object = joblib.load(path)
    return loaded


def _save_pickle(_: ModuleType, model: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(model))


def _load_pickle(_: ModuleType, path: Path, __: type | None) -> object:
    loaded: object = pickle.loads(path.read_bytes())
    return loaded


class _Booster(Protocol):
    """A Booster of xgboost or lightgbm, or an estimator of xgboost's scikit-learn interface."""

    def save_model(self, path: Path) -> None: ...

    def load_model(self, path: Path) -> None: ...


def _save_xgboost(_: ModuleType, model: object, path: Path) -> None:
    cast("_Booster", model).save_model(path)


def _load_xgboost(xgboost: ModuleType, path: Path, hint: type | None) -> object:
    shape = hint if hint is not None and hasattr(hint, "load_model") else xgboost.Booster
    booster = cast("_Booster", shape())
    booster.load_model(path)
    return booster


def _save_lightgbm(_: ModuleType, model: object, path: Path) -> None:
    """A Booster writes itself; an estimator of the scikit-learn interface holds one."""
    cast("_Booster", getattr(model, "booster_", model)).save_model(path)


def _load_lightgbm(lightgbm: ModuleType, path: Path, _: type | None) -> object:
    booster: object = lightgbm.Booster(model_file=str(path))
    return booster


def _save_torch(torch: ModuleType, model: object, path: Path) -> None:
    torch.save(model, path)


def _load_torch(torch: ModuleType, path: Path, _: type | None) -> object:
    # A whole module is more than weights; the file comes from a step of the same pipeline.
    loaded: object = torch.load(path, map_location="cpu", weights_only=False)
    return loaded


_CODECS = {
    "sklearn": Codec("joblib", ".joblib", _save_joblib, _load_joblib),
    "xgboost": Codec("xgboost", ".ubj", _save_xgboost, _load_xgboost),
    "lightgbm": Codec("lightgbm", ".txt", _save_lightgbm, _load_lightgbm),
    "pytorch": Codec("torch", ".pt", _save_torch, _load_torch),
    "pickle": Codec("pickle", ".pkl", _save_pickle, _load_pickle),
}
