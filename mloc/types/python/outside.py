"""Imports of a step's code that will not be there when it runs, and modules of the project that hide installed ones."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.machinery import PathFinder

from mloc.diagnostics.rules import CODE_IMPORT_NOT_FOUND, MODULE_SHADOWS
from mloc.types.python.closure import closure
from mloc.types.python.project import Project
from mloc.types.python.report import Step, reported

# Modules of packages that images for data work have, whether the project names them or not.
_WELL_KNOWN = frozenset(
    "airflow attr attrs azure bokeh boto3 botocore bs4 catboost cloudpickle cv2 cupy dask datasets dateutil dotenv duckdb fastapi "
    "fastparquet flax flytekit fsspec gcsfs geopandas google grpc httpx huggingface_hub imblearn jax jinja2 joblib jsonschema keras "
    "kfp kubernetes langchain lightgbm lightning matplotlib mlflow msgpack networkx nltk numba numpy onnx onnxruntime openai "
    "openpyxl optuna pandas pandera PIL pkg_resources plotly polars prometheus_client proto psutil psycopg psycopg2 pyarrow "
    "pydantic pyspark pytest pytorch_lightning pytz ray redis requests rich s3fs safetensors scipy seaborn sentence_transformers "
    "setuptools shap six skimage sklearn slack_sdk snowflake spacy sqlalchemy statsmodels tenacity tensorboard tensorflow threadpoolctl "
    "tokenizers torch torchaudio torchvision tqdm transformers typer typing_extensions tzdata urllib3 wandb wheel xarray xgboost "
    "yaml zarr".split()
)


def check_imports(step: Step, module: str) -> None:
    """Report imports that neither the project, Python, nor the project's dependencies have, and first-party modules that hide others."""
    project = step.resolver.project
    found = closure(project, [module])
    for outside in found.outside:
        if outside.required and not _is_provided(project, outside.module):
            top = outside.module.partition(".")[0]
            message = f"`{outside.place}` imports `{outside.module}`, which is neither in the project nor among its dependencies"
            help_ = f"put `{top}` in the project, or name its package in `dependencies` of pyproject.toml"
            if not top:
                message = f"`{outside.place}` imports `{outside.module}`, which leads out of the folder that modules are looked up in"
                help_ = "a relative import stays within its package: name the module itself, or move both into a package"
            if not reported(step.bag, CODE_IMPORT_NOT_FOUND, message):
                step.bag.report(
                    CODE_IMPORT_NOT_FOUND,
                    step.run_span,
                    message,
                    label=f"importing `{module}` would fail",
                    help=help_,
                )
    tops = sorted({path.partition("/")[0].removesuffix(".py") for path in found.files})
    for top in tops:
        _check_shadow(step, top)


def _check_shadow(step: Step, top: str) -> None:
    standard = top in sys.stdlib_module_names
    # Only names that are surely another's: the project itself may be installed, too.
    if not standard and not (top in _WELL_KNOWN and (_is_declared(step.resolver.project, top) or _is_installed(top))):
        return
    owner = "Python's own module" if standard else "the installed package"
    message = f"the project's `{top}` shadows {owner} `{top}`"
    if not reported(step.bag, MODULE_SHADOWS, message):
        step.bag.report(
            MODULE_SHADOWS,
            step.run_span,
            message,
            label=f"other code that imports `{top}` gets this one",
            help="give it a name of its own, or move it into a package",
        )


def _is_provided(project: Project, module: str) -> bool:
    top = module.partition(".")[0]
    if project.locate(top) is not None:
        return False
    if not top or top in sys.stdlib_module_names or top in _WELL_KNOWN:
        return bool(top)
    return _is_declared(project, top) or _is_installed(top)


def _is_declared(project: Project, top: str) -> bool:
    """Whether some dependency's name resembles the module's: `acme-config` has `acme_config`, `google-cloud-storage` has `google`."""
    words = _folded(top)
    declared = (_folded(re.split(r"[\s\[<>=!~;@(]", requirement, maxsplit=1)[0]) for requirement in project.dependencies)
    return any(words in name or name in words for name in declared if name)


def _folded(name: str) -> str:
    return re.sub(r"[-_.]", "", name).casefold()


@cache
def _is_installed(top: str) -> bool:
    """Whether the Python that runs mloc has the package installed; the working directory does not count."""
    folders = [folder for folder in sys.path if "site-packages" in folder or "dist-packages" in folder]
    return PathFinder.find_spec(top, folders) is not None
