"""What all models are: frozen, and strict about their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Variables = Annotated[
    Mapping[str, str], PlainSerializer(lambda variables: dict(variables), return_type=dict)
]
"""Names and values of environment variables, in the order of the file."""

Limits = Annotated[
    Mapping[str, int], PlainSerializer(lambda limits: dict(limits), return_type=dict)
]
"""Names and numbers, in the order of the file."""

# A factory: pydantic copies the defaults of models, and a mapping proxy cannot be copied.
NO_VARIABLES: Variables = Field(default_factory=dict)


class Model(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
