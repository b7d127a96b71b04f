"""The share that a function has of a queue."""

from __future__ import annotations

from string import ascii_uppercase

_ESCAPES = {"z": "z0", "-": "z1", "_": "z2"} | {
    capital: f"z{capital.lower()}" for capital in ascii_uppercase
}


def share_identifier(function: str) -> str:
    """The share of the function in its queue: letters and digits, and no two functions' the same.

    Batch takes no other characters, and no page says whether it tells capital letters from small
    ones. So small letters and digits stand for themselves, and `z` begins what stands for others.
    https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
    """
    return "".join(_ESCAPES.get(one, one) for one in function)
