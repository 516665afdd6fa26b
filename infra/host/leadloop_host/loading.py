"""Functions as they will be deployed: ``main.py`` loaded by functions-framework, many in one process.

The framework is made for one function a process: it loads every source as the module ``main``, appends
its folder to ``sys.path`` and leaves the target and the kind of signature in the environment. All four
are given back after each load, so that no function meets another's modules or kind.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TypeAlias

import functions_framework
from flask import Flask

from leadloop.ports.log import Log
from leadloop_host.faults import StartRefused

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_FRAMEWORK_VARIABLES = ("FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE")


def load_function(name: str, folder: Path, log: Log) -> Flask:
    """The application of the function ``name`` (``capture-lead``), in ``folder/capture_lead/main.py``.

    Raises ``StartRefused`` naming the function when the framework cannot load it.
    """
    target = name.replace("-", "_")
    source = folder / target / "main.py"
    with _framework_alone(source.parent):
        try:
            application = functions_framework.create_app(target, str(source))  # type: ignore[no-untyped-call]
        except Exception as error:
            raise StartRefused(f"the function {name} cannot be loaded from {source}: {_fault(error)}") from None
    if not isinstance(application, Flask):
        raise StartRefused(
            f"the function {name} in {source} is asynchronous (functions_framework.aio); "
            "this host serves plain functions: drop `aio`"
        )
    _answer_every_path(application)
    _log_crashes(application, name, log)
    return application


def _fault(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _answer_every_path(application: Flask) -> None:
    """No redirect to a tidier path, and no path kept back (the framework answers /robots.txt itself)."""
    application.url_map.merge_slashes = False
    if "error" in application.view_functions:
        application.view_functions["error"] = partial(application.view_functions["run"], path="")


def _log_crashes(application: Flask, name: str, log: Log) -> None:
    """Log where a function crashed; neither its path nor the exception's text, which may hold secrets."""

    def log_exception(exc_info: ExceptionInfo) -> None:
        kind, _, trace = exc_info
        log.error(
            "function_crashed",
            function=name,
            exception=kind.__name__ if kind else "unknown",
            frames=list(_frames(trace)),
            what_to_do="a defect in the function or a library: report these lines",
        )

    application.log_exception = log_exception  # type: ignore[method-assign]


def _frames(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        code = trace.tb_frame.f_code
        if "site-packages" not in code.co_filename:
            yield f"{code.co_filename}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


@contextmanager
def _framework_alone(folder: Path) -> Iterator[None]:
    """Let the framework load one function as if it were alone in the process; undo what it leaves behind."""
    path, modules = list(sys.path), dict(sys.modules)
    variables = {name: os.environ.pop(name, None) for name in _FRAMEWORK_VARIABLES}
    try:
        yield
    finally:
        sys.path[:] = path
        _forget_modules_of(folder, modules)
        for name, value in variables.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _forget_modules_of(folder: Path, before: dict[str, ModuleType]) -> None:
    for name, module in list(sys.modules.items()):
        if before.get(name) is not module and _lies_in(folder, getattr(module, "__file__", None)):
            del sys.modules[name]
            if name in before:
                sys.modules[name] = before[name]


def _lies_in(folder: Path, file: str | None) -> bool:
    return file is not None and Path(file).resolve().is_relative_to(folder.resolve())
