"""A fitted database on disk: JSON and safetensors, and Parquet for kept tables alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from synthohive_jupyter.engine.artifacts import VERSION, RunDirectory
from synthohive_jupyter.engine.record import Fitted
from synthohive_jupyter.errors import ModelFileError, SchemaError
from synthohive_jupyter.models.registry import ModelClasses
from synthohive_jupyter.privacy.sanitizer import PIISanitizer
from synthohive_jupyter.relational.plan import make_plan
from synthohive_jupyter.schema.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from synthohive_jupyter.models.base import ConditionalGenerativeModel
    from synthohive_jupyter.relational.steps import TableStep

    Classes = Mapping[str, type[ConditionalGenerativeModel]]


def save_run(
    path: str | Path,
    fitted: Fitted,
    model_cls: type[ConditionalGenerativeModel],
) -> None:
    """Write the finished tables to a folder; an earlier run there is replaced as a whole.

    Args:
        path: The folder.
        fitted: What to write.
        model_cls: Class of the models; `load_run` asks for the same.

    Raises:
        StorageError: If something else is at the place, or writing fails.
        PrivacyError: If a privacy rule is a function: code is never stored.
    """
    privacy = fitted.sanitizer.to_dict()
    rules = fitted.sanitizer.config
    plan = {
        "version": VERSION,
        "model": model_cls.__name__,
        "seed": fitted.seed,
        "columns": {table: list(kinds.items()) for table, kinds in fitted.kinds.items()},
        "unmodelled": {
            step.table: [c for c, r in rules.for_table(step.table).items() if not r.modelled]
            for step in fitted.plan.steps
        },
        "finished": list(fitted.learnt),
    }

    def write(run: RunDirectory) -> None:
        run.write_json("metadata", fitted.metadata.to_dict())
        run.write_json("privacy", privacy)
        for name, learnt in fitted.learnt.items():
            # Without a mark: a saved run is never resumed.
            run.table(name).write(learnt, {})
        run.write_json("plan", plan)

    RunDirectory(path).replace(write)


def saved_class(path: str | Path) -> type[ConditionalGenerativeModel]:
    """Return the class of the models of a saved run, where it is one of this package.

    Raises:
        ModelFileError: If it is not, or the folder is damaged.
    """
    name, classes = _plan(RunDirectory(path)).get("model"), ModelClasses()
    if not isinstance(name, str) or name not in classes:
        raise ModelFileError(
            f"the run has models of class {str(name)[:80]!r}, which is not one of this package: "
            "give the class to load it"
        )
    return classes[name]


def load_run(path: str | Path, model_cls: type[ConditionalGenerativeModel]) -> Fitted:
    """Read what `save_run` has written. Nothing in the folder is executed.

    Args:
        path: The folder.
        model_cls: Class of the models.

    Raises:
        ModelFileError: If a file is missing or damaged, or the version or class is another.
    """
    run = RunDirectory(path)
    plan, classes = _plan(run), ModelClasses(model_cls)
    if plan.get("model") != model_cls.__name__:
        raise ModelFileError(
            f"the run has models of class {plan.get('model')!r}, not {model_cls.__name__!r}"
        )
    privacy = run.read_json("privacy")
    try:
        metadata = Metadata.from_dict(run.read_json("metadata"))
        metadata.validate_schema()
        kinds = {str(table): dict(pairs) for table, pairs in plan["columns"].items()}
        steps = make_plan(metadata, kinds, unmodelled=plan["unmodelled"])
        seed = int(plan["seed"])
        finished = [steps.step(str(name)) for name in plan["finished"]]
        sanitizer = PIISanitizer.from_dict(privacy, metadata, seed=seed)
    except (KeyError, TypeError, ValueError, SchemaError) as error:
        raise ModelFileError("the description of the run is damaged") from error
    fitted = Fitted(metadata, steps, kinds, sanitizer, seed)
    for step in finished:
        fitted.learnt[step.table] = run.table(step.table).read(
            partial(load_model, step=step, model_cls=model_cls, classes=classes)
        )
    return fitted


def _plan(run: RunDirectory) -> dict[str, Any]:
    plan = run.read_json("plan")
    if plan.get("version") != VERSION:
        raise ModelFileError(f"a run of version {plan.get('version')!r} cannot be read here")
    return plan


def load_model(
    place: Path,
    step: TableStep,
    model_cls: type[ConditionalGenerativeModel],
    classes: Classes,
) -> ConditionalGenerativeModel:
    """Read the model of a table: of the class that it names, else of the run's.

    Raises:
        ModelFileError: If it is damaged, or its class is not known here.
    """
    cls = model_cls if step.model is None else classes.get(step.model.casefold())
    if cls is None:
        raise ModelFileError(f"table '{step.table}' has a model of an unknown class")
    return cls(Metadata()).load(place)
