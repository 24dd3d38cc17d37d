"""Forms into structs. In: the fields of a POST. Out: a struct, or `Invalid` with one sentence per field.

A struct's sequence fields take repeated fields. Limits are `msgspec.Meta` on the annotations. `csrf`, `op` and `back` belong to every form.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from sluss.kernel.errors import Invalid
from sluss.kernel.words import say

T = TypeVar("T", bound=msgspec.Struct)

OF_EVERY_FORM = frozenset({"csrf", "op", "back"})

MISSING = say("Please fill this in.")
UNKNOWN = say("This field is not known here.")
UNFIT = say("This cannot be accepted. Please look at it again.")
TOO_LONG = say("This is too long.")


class Shape(msgspec.Struct, frozen=True):
    """One field of a form: its annotation, whether it repeats, whether it must come."""

    annotation: Any
    repeated: bool
    required: bool


def read_form(items: Sequence[tuple[str, Any]], shape: type[T]) -> T:
    """The struct that the fields make."""
    shapes = _shapes(shape)
    given: dict[str, list[Any]] = {}
    for name, value in items:
        given.setdefault(name, []).append(_clean(value))
    errors = {name: UNKNOWN for name in given if name not in shapes and name not in OF_EVERY_FORM}
    values: dict[str, Any] = {}
    for name, one in shapes.items():
        _read_field(name, one, given.get(name, []), (values, errors))
    if errors:
        raise Invalid(errors)
    names = {field.encode_name: field.name for field in msgspec.structs.fields(shape)}
    return shape(**{names[name]: value for name, value in values.items()})


def close_uploads(scope: Any) -> None:
    """Let go of the files of a request that was refused; the framework closes those of a request that was answered."""
    form: Any = ScopeState.from_scope(scope).form
    if form is Empty:
        return
    for _name, value in FormMultiDict.from_form_data(form).multi_items():
        if isinstance(value, UploadFile):
            value.file.close()


def _read_field(name: str, shape: Shape, given: list[Any], into: tuple[dict[str, Any], dict[str, str]]) -> None:
    values, errors = into
    if not given:
        if shape.required and not shape.repeated:
            errors[name] = MISSING
        elif shape.repeated and shape.required:
            values[name] = ()
        return
    value = given if shape.repeated else given[-1]
    if _is_file(given):
        values[name] = value
        return
    try:
        values[name] = msgspec.convert(value, shape.annotation, strict=False)
    except msgspec.ValidationError as error:
        errors[name] = TOO_LONG if "length <=" in str(error) else MISSING if value == "" else UNFIT


def _clean(value: Any) -> Any:
    """Text as browsers mean it: line feeds only, nothing that no database can hold."""
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").encode("utf-8", "replace").decode()


def _is_file(given: list[Any]) -> bool:
    return any(isinstance(value, UploadFile) for value in given)


@cache
def _shapes(shape: type[msgspec.Struct]) -> dict[str, Shape]:
    hints = get_type_hints(shape, include_extras=True)
    return {
        field.encode_name: Shape(hints[field.name], _repeats(hints[field.name]), field.required) for field in msgspec.structs.fields(shape)
    }


def _repeats(annotation: Any) -> bool:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) in {list, tuple, set, frozenset}
