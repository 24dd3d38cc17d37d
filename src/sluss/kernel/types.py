"""The one set of column types, alike on SQLite (STRICT tables) and PostgreSQL."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class Id(sa.types.TypeDecorator[int]):
    """A row id or any other 64-bit whole number."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.INTEGER() if dialect.name == "sqlite" else sa.BigInteger())


class Instant(Id):
    """Microseconds UTC."""

    cache_ok = True


class Count(Id):
    """A whole number that counts or measures."""

    cache_ok = True


class Flag(sa.types.TypeDecorator[bool]):
    """True or false."""

    impl = sa.Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.INTEGER() if dialect.name == "sqlite" else sa.Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:  # noqa: FBT001 - the library's signature
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:  # noqa: ARG002 - the library's signature
        return None if value is None else bool(value)


class Text(sa.types.TypeDecorator[str]):
    """Text without NUL, which PostgreSQL cannot hold."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the library's signature
        return value.replace("\x00", "") if value else value


class Blob(sa.types.TypeDecorator[bytes]):
    """Raw bytes."""

    impl = sa.LargeBinary
    cache_ok = True


class Json(sa.types.TypeDecorator[Any]):
    """A value of foreign or changing shape, stored as JSON text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - the library's signature
        return msgspec.json.encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - the library's signature
        return None if value is None else msgspec.json.decode(value)
