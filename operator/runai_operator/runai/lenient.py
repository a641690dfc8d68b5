"""Reading what Run:ai answers, leniently: times, ids, numbers, and the base of every answer.

Unknown fields are ignored, enums are open strings, and what is missing, null or of another type than documented takes
its default. Only what nothing could be concluded without is required: ids, lists, and a `deletedAt` that can be read.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel

LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _unset(value: object) -> object:
    """None for the ways in which a Go server writes "no time": an empty string, or the year 1.

    A number is no time: pydantic would read a 0 as 1970, and a workload with that `deletedAt` as deleted.
    """
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or (value and value[4:5] != "-"):
        raise ValueError("not a time as RFC 3339 writes it")
    return None if value == "" or value.startswith("0001-01-01") else value


def _in_utc(value: datetime | None) -> datetime | None:
    """In UTC; without an offset it is meant so.

    What is said to have happened after LATEST did not: believed, one `updatedAt` there would make all later ones old.
    """
    if value is None:
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    if aware > LATEST:
        raise ValueError("after the year 2199")
    return aware.astimezone(UTC)


def _no_fraction(value: object) -> object:
    """Ids may be numbers, but whole ones."""
    if isinstance(value, float | bool):
        raise ValueError("not an id")  # noqa: TRY004 (pydantic makes a ValidationError of it)
    return value


AN_ID = r"[A-Za-z0-9_-][A-Za-z0-9._:-]*"
"""What may be an id: a part of a path that leads nowhere else, and that a status can hold."""

Time = Annotated[datetime | None, BeforeValidator(_unset), AfterValidator(_in_utc)]
Id = Annotated[str, BeforeValidator(_no_fraction), Field(min_length=1, max_length=253, pattern=f"^{AN_ID}$")]
Port = Annotated[int, Field(ge=0, le=65535)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A number that JSON can hold: Python reads NaN and 1e400, and the API server takes neither."""
STRICT = frozenset({"deleted_at"})


class Answer(BaseModel):
    """The base of all that is read: frozen, camelCase on the wire, lenient."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _default_for_what_is_odd(cls, value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        try:
            return handler(value)
        except ValidationError:
            field = cls.model_fields[info.field_name or ""]
            if field.is_required() or info.field_name in STRICT:
                raise
            return field.get_default(call_default_factory=True)
