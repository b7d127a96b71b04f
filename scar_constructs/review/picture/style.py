"""Colours and fonts of the SVG, for light and dark screens and for paper.

Each colour is given twice: as it is on light paper, for programs that know no custom properties,
and as the property, which a dark screen sets to another value.
"""

from __future__ import annotations

from collections.abc import Mapping

FONT = "Helvetica,Arial,'Liberation Sans',Arimo,sans-serif"

LIGHT = {
    "canvas": "#ffffff",
    "ink": "#182130",
    "muted": "#566173",
    "line": "#77839a",
    "frame": "#f4f6fb",
    "frame-line": "#ccd5e5",
    "card": "#ffffff",
    "card-line": "#b5c0d2",
    "badge-ink": "#ffffff",
    "lambda": "#b4500b",
    "batch": "#4338ca",
    "retired": "#6b7280",
    "store": "#e4f4ef",
    "store-line": "#0f766e",
    "away": "#fdf2dd",
    "away-line": "#96610a",
    "call": "#fce8f1",
    "call-line": "#be185d",
    "added": "#15803d",
    "removed": "#b91c1c",
    "changed": "#a16207",
}
DARK = {
    "canvas": "#0e1420",
    "ink": "#e9eef7",
    "muted": "#a3afc2",
    "line": "#7f8ca3",
    "frame": "#141c2b",
    "frame-line": "#303e57",
    "card": "#1c2639",
    "card-line": "#46566f",
    "badge-ink": "#0e1420",
    "lambda": "#f7a94a",
    "batch": "#a8b4ff",
    "retired": "#9aa4b5",
    "store": "#10302c",
    "store-line": "#3fcaa8",
    "away": "#342810",
    "away-line": "#f2bd4d",
    "call": "#3a1729",
    "call-line": "#f58abf",
    "added": "#4ade80",
    "removed": "#f98080",
    "changed": "#fbbf24",
}

_RULES = (
    (".canvas", "fill canvas"),
    (".frame", "fill frame;stroke frame-line"),
    (".frame-title,.title", "fill ink"),
    (".sub,.label,.legend", "fill muted"),
    (".edge", "stroke line"),
    (".head", "fill line"),
    (".function", "fill card;stroke card-line"),
    (".folder,.cap", "fill store;stroke store-line"),
    (".elsewhere", "fill away;stroke away-line"),
    (".endpoint", "fill call;stroke call-line"),
    (".queue", "fill canvas;stroke muted"),
    (".badge", "fill badge-ink"),
    (".lambda", "fill lambda"),
    (".batch", "fill batch"),
    (".quiet-fill", "fill retired"),
    (".added", "stroke added"),
    (".removed", "stroke removed"),
    (".changed", "stroke changed"),
    (".added-fill", "fill added"),
    (".removed-fill", "fill removed"),
    (".changed-fill", "fill changed"),
)
_PLAIN = (
    f"text{{font-family:{FONT}}}",
    ".frame-title{font-size:13px;font-weight:bold}",
    ".title{font-size:14px;font-weight:bold}",
    ".sub{font-size:11.5px}",
    ".label,.legend{font-size:11px}",
    ".badge{font-size:9px;font-weight:bold;text-anchor:middle}",
    ".symbol{font-size:13px;font-weight:bold;text-anchor:middle}",
    ".frame{stroke-width:1}",
    ".function,.folder,.elsewhere,.endpoint,.cap{stroke-width:1.4}",
    ".edge{fill:none;stroke-width:1.6}",
    ".quiet{stroke-dasharray:2 4;stroke-linecap:round}",
    ".retired{stroke-dasharray:5 4}",
    ".added,.changed{stroke-width:2.6}",
    ".removed{stroke-width:2.6;stroke-dasharray:7 5}",
)


def style() -> str:
    """The text of the SVG's style element."""
    rules = [f"{selector}{{{_declarations(text)}}}" for selector, text in _RULES]
    return "\n".join(
        (
            f":root{{color-scheme:light dark;{_properties(LIGHT)}}}",
            f"@media (prefers-color-scheme:dark){{:root{{{_properties(DARK)}}}}}",
            f"@media print{{:root{{{_properties(LIGHT)}}}}}",
            *rules,
            *_PLAIN,
        )
    )


def _properties(colours: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


def _declarations(text: str) -> str:
    found = []
    for part in text.split(";"):
        name, colour = part.split()
        found += [f"{name}:{LIGHT[colour]}", f"{name}:var(--{colour})"]
    return ";".join(found)
