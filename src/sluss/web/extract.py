"""Keeps the catalogues up to date. In: every template and module. Out: `catalogues/<locale>.po`, with what is new left empty.

Run: `python -m sluss.web.extract`. It says what wants a translation.

Found are `_("…")`, `gettext`, `ngettext` and `say`, in modules and templates, and sentences that are raised in English and translated
where they are shown: those of `Trouble` and its kin, those put into `errors["…"]`, the lines of a `Check`, labels of channels,
keys, places.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from sluss.web.locale import CATALOGUES, LOCALES, SAID

SOURCE = Path(__file__).parents[1]
TEXTS = frozenset({"_", "gettext", "say"})
FAULTS = frozenset({"errors", "faults", "wrong"})
SILENT = frozenset({"commands", "migrations", "sandbox"})
"""Slices that speak to the terminal, in English."""

Found = tuple[str | tuple[str, str], bool]
"""A text or its two English forms, and whether `say` fills it in before it is translated."""


def main() -> None:
    """Bring every catalogue up to date."""
    texts = extract()
    for locale in LOCALES:
        if locale != "en":
            _say(locale, update(locale, texts))


def extract(folder: Path = SOURCE) -> Catalog:
    """Every text of the screens, with the files that hold it."""
    texts = Catalog()
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    sources = [path for path in sorted(folder.rglob("*.*")) if path.relative_to(folder).parts[0] not in SILENT]
    modules = {path: ast.parse(path.read_text("utf-8")) for path in sources if path.suffix == ".py"}
    troubles = kin_of("Trouble", modules.values())
    found = {path: list(in_module(tree, troubles)) for path, tree in modules.items()}
    found |= {path: list(in_template(path.read_text("utf-8"), environment)) for path in sources if path.suffix == ".html"}
    for path in sources:
        for text, said in found.get(path, ()):
            texts.add(text, locations=[(path.relative_to(folder).as_posix(), 0)], auto_comments=[SAID] if said else [])
    return texts


def update(locale: str, texts: Catalog) -> Catalog:
    """Write the catalogue of a locale: what is new is empty, what is gone is left out, the rest stays, by alphabet."""
    path = CATALOGUES / f"{locale}.po"
    before = _stored(path, locale)
    after = Catalog(locale=locale, charset="utf-8", header_comment=_HEADER)
    for message in sorted((one for one in texts if one.id), key=_key):
        known = before.get(message.id)
        string = known.string if known is not None and known.id == message.id else None
        files = [(name, 0) for name in sorted({name for name, _line in message.locations})]
        after.add(message.id, string, locations=files, flags=message.flags, auto_comments=sorted(set(message.auto_comments)))
    path.write_bytes(_written(after))
    return after


def in_template(text: str, environment: Environment) -> Iterator[Found]:
    """Texts of one template."""
    found: Any
    for _line, function, found in extract_from_ast(environment.parse(text), ("_", "gettext", "ngettext")):
        words = [one for one in ((found,) if isinstance(found, str) else found or ()) if one is not None]
        if words:
            yield (words[0], words[1]) if function == "ngettext" else words[0], False


def kin_of(name: str, modules: Iterable[ast.Module]) -> frozenset[str]:
    """Names of a class and of everything that descends from it."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in modules
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    kin = {name}
    while more := {one for one, above in bases.items() if above & kin} - kin:
        kin |= more
    return frozenset(kin)


def in_module(tree: ast.Module, troubles: frozenset[str]) -> Iterator[Found]:
    """Texts of one module. `troubles` are the exceptions whose sentence is translated where it is shown."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node, troubles | {"Check"})
        elif isinstance(node, ast.ClassDef) and node.name in troubles:
            yield from _of_class(node)
        elif isinstance(node, ast.Assign) and any(_is_fault(target) or _is_sentence(target) for target in node.targets):
            yield from _sentences(node.value)


def is_translated(message: Message) -> bool:
    """Whether every form of a text has its words."""
    strings = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return all(strings)


_LOCALS = frozenset({"sentence", "detail", "fix"})
_HEADER = """\
Texts of the screens. Keep it up to date with: python -m sluss.web.extract"""


def _of_call(node: ast.Call, raised: frozenset[str]) -> Iterator[Found]:
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name == "ngettext":
        forms = [text for argument in node.args[:2] for text in _constants(argument)]
        if len(forms) == 2:
            yield (forms[0], forms[1]), False
    elif name in TEXTS and node.args:
        for text in _constants(node.args[0]):
            yield text, name == "say"
    elif name in raised:
        for argument in node.args:
            yield from _sentences(argument)
    elif name in {"Key", "Place"} and len(node.args) > 1:
        yield from ((text, False) for text in _constants(node.args[1]))
    elif name == "Capabilities":
        yield from ((text, False) for word in node.keywords if word.arg == "label" for text in _constants(word.value))
    elif name == "setdefault" and isinstance(node.func, ast.Attribute) and _names_faults(node.func.value):
        yield from _sentences(node.args[1])


def _of_class(node: ast.ClassDef) -> Iterator[Found]:
    """A kind of trouble with a sentence of its own: the default of its argument, or what it hands to its parent."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.arguments):
            for default in inner.defaults:
                yield from _sentences(default)
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "__init__":
            for argument in inner.args:
                yield from _sentences(argument)


def _is_fault(target: ast.expr) -> bool:
    return isinstance(target, ast.Subscript) and _names_faults(target.value)


def _is_sentence(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id in _LOCALS


def _names_faults(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in FAULTS


def _sentences(node: ast.expr) -> Iterator[Found]:
    """Sentences in a value: itself, either end of a condition, the values of a dict. A call speaks for itself."""
    if isinstance(node, ast.Dict):
        for value in node.values:
            yield from _sentences(value)
        return
    yield from ((text, False) for text in _constants(node) if is_sentence(text) or text.istitle())


def is_sentence(text: str) -> bool:
    """Whether it reads like words for people: it begins with a capital or a number and is not one bare name."""
    return bool(text) and (text[0].isupper() or text[0] in "“%") and " " in text


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and len(node.args) == 2:
        yield from _constants(node.args[1])


def _stored(path: Path, locale: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as source:
        return read_po(source, locale=locale)


def _key(message: Message) -> tuple[str, str]:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return text.casefold(), text


def _written(catalogue: Catalog) -> bytes:
    """The file, without the moment at which it was written: the same texts are the same bytes."""
    target = BytesIO()
    write_po(target, catalogue, width=120, omit_header=True, include_lineno=False)
    head = f'# {_HEADER}\nmsgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    return f'{head}"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'.encode() + target.getvalue()


def _say(locale: str, catalogue: Catalog) -> None:
    empty = [one for one in catalogue if one.id and not is_translated(one)]
    sys.stdout.write(f"{locale}.po: {len(catalogue)} texts, {len(empty)} to translate\n")
    for one in empty:
        sys.stdout.write(f"  {one.id}\n")


if __name__ == "__main__":
    main()
